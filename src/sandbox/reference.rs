//! What the host does with values that stay in the sandbox, and what other sandboxes ask of it.

use std::time::Instant;

use innerbox_bridge_remote::Reference;

use super::argument::{Argument, FromScript};
use super::run::{Access, Answer, Entry};
use super::{Completion, Sandbox};
use crate::completion::Usage;
use crate::value::Value;

impl Sandbox {
    /// As [`eval`](Self::eval), and the value in the form that is asked for: a [`Reference`] to it, for instance.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Reference, Sandbox, Serialized};
    /// let engine = Engine::new(Config::default())?;
    /// let (mut one, mut other) = (Sandbox::builder(&engine).build()?, Sandbox::builder(&engine).build()?);
    /// // A clone goes to another sandbox with all that has no form in Rust: circles, maps, dates.
    /// let made = one.eval_into::<Serialized>("const map = new Map(); map.set('self', map)").into_returned()?;
    /// let check: Reference = other.eval_into("(map) => map.get('self') === map").into_returned()?;
    /// assert!(other.call(&check, &[made.into()]).into_value::<bool>()?);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn eval_into<T: FromScript>(&mut self, source: &str) -> Completion<T> {
        match self.refusal(source.len()) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.run(&Entry::script("[eval]", source, Answer::Value), None),
        }
    }

    /// The global object.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Argument, Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let global = sandbox.global().into_returned()?;
    /// sandbox.set(&global, "settings", Argument::of(&serde_json::json!({ "depth": 3 }))?);
    /// assert_eq!(sandbox.eval("settings.depth").into_value::<u32>()?, 3);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn global(&mut self) -> Completion<Reference> {
        self.eval_into("globalThis")
    }

    /// Calls a function, and runs until nothing is left to do. Where it gives a promise, its value is given.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let twice = sandbox.eval_into("async (n) => n * 2").into_returned()?;
    /// assert_eq!(sandbox.call(&twice, &[21.into()]).into_value::<u32>()?, 42);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn call(&mut self, function: &Reference, arguments: &[Argument]) -> Completion {
        self.call_into(function, arguments)
    }

    /// As [`call`](Self::call), and the answer in the form that is asked for.
    pub fn call_into<T: FromScript>(
        &mut self,
        function: &Reference,
        arguments: &[Argument],
    ) -> Completion<T> {
        self.apply_into(function, &Argument::Value(Value::Undefined), arguments)
    }

    /// As [`call_into`](Self::call_into), with a receiver: what is `this` in the function.
    pub fn apply_into<T: FromScript>(
        &mut self,
        function: &Reference,
        receiver: &Argument,
        arguments: &[Argument],
    ) -> Completion<T> {
        self.access(function, Access::Call(receiver, arguments))
    }

    /// Reads a property. That may run a getter, and is a run like any other.
    pub fn get(&mut self, object: &Reference, key: &str) -> Completion {
        self.get_into(object, key)
    }

    /// As [`get`](Self::get), and the value in the form that is asked for.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Reference, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let math = sandbox.eval_into("Math").into_returned()?;
    /// let hypot: Reference = sandbox.get_into(&math, "hypot").into_returned()?;
    /// assert_eq!(hypot.type_of(), "function");
    /// assert_eq!(sandbox.call(&hypot, &[3.into(), 4.into()]).into_value::<f64>()?, 5.0);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn get_into<T: FromScript>(&mut self, object: &Reference, key: &str) -> Completion<T> {
        self.access(object, Access::Get(key))
    }

    /// Sets a property; gives whether it could be set. That may run a setter, and is a run like any other.
    pub fn set(&mut self, object: &Reference, key: &str, value: impl Into<Argument>) -> Completion {
        self.access(object, Access::Set(key, &value.into()))
    }

    /// Deletes a property; gives whether it is gone.
    pub fn delete(&mut self, object: &Reference, key: &str) -> Completion {
        self.access(object, Access::Delete(key))
    }

    /// The value that a reference points to, in the form that is asked for.
    pub fn copy_into<T: FromScript>(&mut self, reference: &Reference) -> Completion<T> {
        self.access(reference, Access::Copy)
    }

    /// Does what other sandboxes have asked for by references into this one, until nothing is left to do. In a
    /// [`Pool`](crate::Pool) that happens by itself; elsewhere it is for the thread that has the sandbox, when
    /// [`on_request`](Self::on_request) has rung. A run of the sandbox that waits for something does it meanwhile.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Reference, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let (mut one, mut other) = (Sandbox::builder(&engine).build()?, Sandbox::builder(&engine).build()?);
    /// let log: Reference = other.eval_into("var seen = []; (what) => { seen.push(what); }").into_returned()?;
    /// let global = one.global().into_returned()?;
    /// one.set(&global, "log", log);
    /// one.eval("log.applyIgnored(undefined, ['hello'])");
    /// assert!(other.has_requests());
    /// other.attend();
    /// assert_eq!(other.eval("seen").into_value::<Vec<String>>()?, ["hello"]);
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn attend(&mut self) -> Completion<()> {
        match self.refusal(0) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.run(&Entry::Requests, None),
        }
    }

    /// True while requests of other sandboxes wait, or answers of theirs.
    #[must_use]
    pub fn has_requests(&self) -> bool {
        self.parts.event_loop.handle().has_mail()
    }

    /// Has `ring` called whenever another sandbox asks for something or has answered, on that one's thread. It must be quick,
    /// and cannot use the sandbox. The first one that is given counts.
    pub fn on_request(&self, ring: impl Fn() + Send + Sync + 'static) {
        self.parts.event_loop.handle().on_mail(ring);
    }

    /// Does what has come for the sandbox and what is due, and waits for nothing: what is unfinished then goes on the next time.
    /// Each time has the budget of a run.
    pub(crate) fn attend_now(&mut self) {
        match self.refusal::<()>(0) {
            None => drop(self.turn(None, true, |run, scope| run.attend(scope))),
            Some(_) => self.cut_off(),
        }
    }

    /// When it has something to do next without being asked.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let event_loop = &self.parts.event_loop;
        [event_loop.next_timer(), self.parts.remotes.next_late(event_loop)].into_iter().flatten().min()
    }

    /// The number under which other sandboxes know it.
    pub(crate) fn home(&self) -> u64 {
        self.parts.remotes.home().id()
    }

    fn access<T: FromScript>(&mut self, reference: &Reference, access: Access<'_>) -> Completion<T> {
        match self.refusal(0) {
            Some(outcome) => Completion { outcome, usage: Usage::default() },
            None => self.run(&Entry::Access(reference, access), None),
        }
    }
}
