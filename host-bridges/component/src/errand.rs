//! What an asynchronous component asks of JavaScript: it asks on the thread of its event loop, and is answered on the
//! isolate's.
//!
//! An errand waits until the isolate's thread gets to it: in a turn of the isolate's own event loop, or where that thread
//! waits for the same component, in between. The script's function runs in the flow of the call that the component is in.

mod asked;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use innerbox_binding::{EventLoop, Failure, Flow, LoopHandle};

use asked::{Asked, catching};

use crate::bridge::Bridge;
use crate::fault::{CallId, Fault, Problem};
use crate::import::{self, Answer as Came};
use crate::instance::Instance;
use crate::lift::Lifter;
use crate::parcel::{Answer, Arguments};
use crate::plan::{Function, ImportId};
use crate::room::Room;

type Scope<'a, 's, 'i> = &'a mut v8::PinScope<'s, 'i>;
type Value<'s> = v8::Local<'s, v8::Value>;

/// Where the errands of one component wait for the isolate's thread.
pub struct Errands {
    /// The number that the bridge has for the component.
    instance: u32,
    event_loop: LoopHandle,
    waiting: Mutex<VecDeque<Errand>>,
}

/// A call of what JavaScript gave.
pub struct Errand {
    /// What is called.
    pub import: ImportId,
    /// The generation of the instance that calls.
    pub generation: u32,
    /// The call that it is made for, where that goes on still.
    pub call: Option<CallId>,
    /// The arguments.
    pub arguments: Answer,
    /// Is told how it ended, on the isolate's thread; dropped where nobody will answer any more.
    pub reply: Reply,
}

/// See [`Errand::reply`].
pub type Reply = Box<dyn FnOnce(Result<Arguments, Box<Fault>>) + Send>;

impl Errands {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Errand>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Errand> {
        self.waiting().pop_front()
    }

    /// Hands an errand over, on any thread. A thread that waits for the component has to be woken besides.
    pub fn ask(&self, errand: Errand) {
        self.waiting().push_back(errand);
        let number = self.instance;
        let job = move |scope: &mut v8::PinScope<'_, '_>| match Bridge::of(scope)?.known(number) {
            Some(instance) => attend_one(scope, &instance).map(drop),
            None => Ok(()),
        };
        // Where the isolate is gone, so is whoever would answer.
        let _ = self.event_loop.tell(Box::new(job));
    }

    /// Notes that an instance has dropped its handle of a resource that JavaScript gave, on any thread.
    pub fn dropped(&self, generation: u32, rep: u32) {
        let number = self.instance;
        let job = move |scope: &mut v8::PinScope<'_, '_>| match Bridge::of(scope)?.known(number) {
            Some(instance) if instance.generation.get() == generation => {
                v8::scope!(let scope, scope);
                import::dispose_of(scope, &instance, rep)
            }
            _ => Ok(()),
        };
        let _ = self.event_loop.tell(Box::new(job));
    }
}

/// What the isolate's thread keeps of the errands of one component.
pub(crate) struct Desk {
    pub(crate) errands: Arc<Errands>,
    /// How many are being answered for which the component stands still.
    standstill: Cell<usize>,
    /// The calls that go on.
    calls: RefCell<HashMap<CallId, Asker>>,
}

/// Who has made a call: the flow that it was made in, and when others asked for that, if they did.
#[derive(Clone)]
struct Asker {
    flow: Rc<Flow>,
    asked: Option<Instant>,
}

impl Desk {
    pub(crate) fn new(instance: u32, event_loop: LoopHandle) -> Self {
        let errands = Errands { instance, event_loop, waiting: Mutex::default() };
        Self { errands: Arc::new(errands), standstill: Cell::default(), calls: RefCell::default() }
    }

    /// True while the component cannot be entered: it waits for the script that would enter it.
    pub(crate) fn stands_still(&self) -> bool {
        self.standstill.get() > 0
    }

    /// Enters a call.
    pub(crate) fn begin(&self, scope: &v8::PinScope<'_, '_>, call: CallId) -> Result<(), Failure> {
        let asker = Asker { flow: Rc::new(Flow::current(scope)), asked: EventLoop::of(scope)?.asked() };
        self.calls.borrow_mut().insert(call, asker);
        Ok(())
    }

    /// Notes that a call has ended.
    pub(crate) fn end(&self, call: CallId) {
        self.calls.borrow_mut().remove(&call);
    }

    fn asker(&self, scope: &v8::PinScope<'_, '_>, call: Option<CallId>) -> Asker {
        let asker = call.and_then(|call| self.calls.borrow().get(&call).cloned());
        asker.unwrap_or_else(|| Asker { flow: Rc::new(Flow::outside(scope)), asked: None })
    }

    /// The end of a run: nobody is answered any more.
    pub(crate) fn clear(&self) {
        let waiting = std::mem::take(&mut *self.errands.waiting());
        drop(waiting);
        self.calls.borrow_mut().clear();
    }
}

/// What the components of an isolate wait for.
#[derive(Default)]
pub(crate) struct Outstanding {
    last: Cell<u64>,
    /// What was thrown, by the call that is to throw it.
    raised: RefCell<HashMap<CallId, v8::Global<v8::Value>>>,
    /// Promises that scripts gave as answers.
    awaited: RefCell<HashMap<u64, Asked>>,
}

impl Outstanding {
    /// A number that nothing had before.
    pub(crate) fn number(&self) -> u64 {
        self.last.set(self.last.get() + 1);
        self.last.get()
    }

    /// What was thrown on behalf of a call; once.
    pub(crate) fn raised(&self, call: CallId) -> Option<v8::Global<v8::Value>> {
        self.raised.borrow_mut().remove(&call)
    }

    /// The end of a run.
    pub(crate) fn clear(&self) {
        self.raised.borrow_mut().clear();
        let awaited = std::mem::take(&mut *self.awaited.borrow_mut());
        drop(awaited);
    }
}

/// Most errands that are done at once by a thread that waits: in between, it looks whether its own call has ended.
const A_LOOK: usize = 64;

/// Does some of what waits, for a thread that waits itself.
pub(crate) fn attend(scope: Scope<'_, '_, '_>, instance: &Rc<Instance>) -> Result<(), Box<Fault>> {
    for _ in 0..A_LOOK {
        match attend_one(scope, instance) {
            Ok(true) => {}
            Ok(false) => break,
            Err(_) => return Err(Fault::Terminated.into()),
        }
    }
    Ok(())
}

/// Does the errand that has waited longest; false where there is none.
///
/// # Errors
/// [`Failure::Pending`] where execution is being terminated.
fn attend_one(scope: Scope<'_, '_, '_>, instance: &Rc<Instance>) -> Result<bool, Failure> {
    let Some(desk) = &instance.desk else { return Ok(false) };
    let Some(errand) = desk.errands.next() else { return Ok(false) };
    // What a dead instance asked is dropped.
    if instance.generation.get() == errand.generation {
        v8::scope!(let scope, scope);
        let Asker { flow, asked } = desk.asker(scope, errand.call);
        let event_loop = EventLoop::of(scope)?;
        event_loop.for_asked(asked, || flow.enter(scope, |scope| answer(scope, desk, instance, errand)))?;
    }
    Ok(true)
}

fn answer(
    scope: Scope<'_, '_, '_>,
    desk: &Desk,
    instance: &Rc<Instance>,
    errand: Errand,
) -> Result<(), Failure> {
    let Errand { import, generation, call, arguments, reply } = errand;
    let asked = Asked { instance: Rc::clone(instance), import, generation, call, reply };
    let function = &instance.plan.imported[import];
    let stands = usize::from(!function.asynchronous);
    desk.standstill.set(desk.standstill.get() + stands);
    let came = catching(scope, |scope| {
        let values = lift(scope, instance, generation, function, &arguments)?;
        drop(arguments);
        Ok(import::run(scope, instance, import, function, &values)?)
    });
    desk.standstill.set(desk.standstill.get() - stands);
    match came {
        Ok(Came::Returned(value)) if function.asynchronous => asked.when_settled(scope, value),
        Ok(came) => asked.finish(scope, &came),
        Err(problem) => asked.refuse(scope, problem),
    }
}

fn lift<'s>(
    scope: Scope<'_, 's, '_>,
    instance: &Instance,
    generation: u32,
    function: &Function,
    arguments: &Answer,
) -> Result<Vec<Value<'s>>, Problem> {
    let (mut taken, room) = (arguments.taken(), Room::with(0, instance.allowed));
    let (memory, encoding) = (&arguments.memory[..], arguments.encoding);
    let mut lifter = Lifter { memory, handles: &mut taken, encoding, instance, generation, room };
    lifter.stored_params(scope, function, 0)
}
