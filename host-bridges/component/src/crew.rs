//! The instances that make the calls of one function of `promising`.

use std::cell::RefCell;
use std::rc::Rc;

use innerbox_binding::Failure;

use crate::bridge::Bridge;
use crate::instance::Instance;
use crate::plan::{Function, Kind, Returns};
use crate::queue::{Job, Queue};

/// Instances that wait for the same calls: any that is free takes the next one.
#[derive(Clone)]
pub(crate) struct Crew {
    pub(crate) members: Vec<Rc<Instance>>,
    queue: Rc<RefCell<Queue>>,
}

impl Crew {
    /// The instance of the function itself.
    pub(crate) fn of_one(instance: &Rc<Instance>) -> Self {
        Self { members: vec![Rc::clone(instance)], queue: Rc::clone(&instance.queue) }
    }

    /// So many instances of their own. None is instantiated before it is needed.
    pub(crate) fn of_many(
        scope: &v8::PinScope<'_, '_>,
        bridge: &Bridge,
        like: &Instance,
        count: usize,
    ) -> Self {
        let members = (0..count).map(|_| bridge.another(scope, like)).collect();
        Self { members, queue: Rc::default() }
    }

    /// Adds a call to those that wait.
    pub(crate) fn push(&self, job: Job) {
        self.queue.borrow_mut().push_back(job);
    }

    /// Lets go of the calls that wait: their run is over.
    pub(crate) fn forget(&self) {
        self.queue.borrow_mut().clear();
    }

    /// The next call, and the member that is free to make it.
    pub(crate) fn next(&self) -> Option<(usize, Job)> {
        let free = self.members.iter().position(|member| member.door().is_ok())?;
        Some((free, self.queue.borrow_mut().pop_front()?))
    }
}

/// Refuses a function that only one instance can answer.
///
/// # Errors
/// A `TypeError` where a resource is among its arguments or in its answer.
pub(crate) fn require_stateless(component: &str, function: &Function) -> Result<(), Failure> {
    let result = match &function.result {
        Returns::Nothing => None,
        Returns::Value(ty) | Returns::OrThrows(ty) => Some(ty),
    };
    let mut types = function.params.iter().map(|param| &param.ty).chain(result);
    if !types.any(|ty| ty.any(&|kind| matches!(kind, Kind::Own(_) | Kind::Borrow(_)))) {
        return Ok(());
    }
    Err(Failure::type_error(format!(
        "`{}` of component `{component}` cannot run in several instances: a resource belongs to one of them",
        function.title
    )))
}
