//! The callbacks behind the functions that scripts call.

use innerbox_binding::value::undefined;
use innerbox_binding::{Arguments, Failure, Outcome, guard};

use crate::callee::{self, Callee, CalleeRole};
use crate::check::{Checker, Tape, mismatch};
use crate::core_value::CoreValue;
use crate::door::{Crossing, Door, Flat, Guest, Importer, Source};
use crate::fault::{Fault, Problem};
use crate::handle::{Entry, Key};
use crate::import::Outward;
use crate::instance::Instance;
use crate::lift::Lifter;
use crate::lower::{Lowerer, Site};
use crate::object::adopt;
use crate::path::Path;
use crate::plan::{
    FLAT_PARAMS_MAX, Function, FunctionId, ImportId, Kind, ResourceId, Returns, Role, Scalars,
};
use crate::room::Room;
use crate::scalar;
use crate::side;

/// Calls an export: the callback of every function, method, static and constructor.
pub(crate) fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    args: Arguments<'s>,
    mut answer: v8::ReturnValue<'s>,
) {
    guard(scope, |scope| {
        let callee = callee::of(args.data())?;
        let Some((id, function)) = export_of(callee) else { return Ok(()) };
        let instance = &*callee.instance;
        if matches!(function.role, Role::Constructor(_)) && args.is_construct_call() {
            Key::NONE.write(args.this());
        }
        let outcome = match (&callee.scalars, &instance.side_by_side) {
            (Some(scalars), _) => call_scalar(scope, instance, id, scalars, &args, &mut answer),
            (None, Some(calls)) => {
                side::call(scope, &callee.instance, calls, id, &args).map(|value| answer.set(value))
            }
            (None, None) => call_any(scope, instance, id, &args).map(|value| answer.set(value)),
        };
        outcome.map_err(|problem| reject(scope, instance, function, problem))
    });
}

/// The export that a function calls.
pub(crate) fn export_of(callee: &Callee) -> Option<(FunctionId, &Function)> {
    match callee.role {
        CalleeRole::Export(id) => Some((id, &callee.instance.plan.functions[id])),
        _ => None,
    }
}

/// The exception for a call that came to no value.
pub(crate) fn reject(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    function: &Function,
    problem: Problem,
) -> Failure {
    match problem {
        Problem::Script(failure) => *failure,
        Problem::Component(fault) => {
            instance.realm.errors.fault(scope, &instance.name, &function.title, &fault)
        }
    }
}

/// The callback of a class without a constructor.
pub(crate) fn no_constructor<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let callee = callee::of(args.data())?;
    let CalleeRole::NoConstructor(resource) = callee.role else { return Ok(undefined(scope)) };
    let class = &callee.instance.plan.resources[resource].js_name;
    Err(Failure::type_error(format!(
        "`{class}` has no constructor: its objects come from the component's functions"
    )))
}

/// The callback of `[Symbol.dispose]`. To dispose of what is disposed of already, or died, does nothing.
pub(crate) fn dispose<'s>(scope: &mut v8::PinScope<'s, '_>, args: Arguments<'s>) -> Outcome<'s> {
    let callee = callee::of(args.data())?;
    let CalleeRole::Dispose(resource) = callee.role else { return Ok(undefined(scope)) };
    let instance = &*callee.instance;
    let key = Key::of(args.this()).ok_or_else(|| not_of_class(instance, resource))?;
    let entry = instance.realm.handles.borrow().get(key).ok();
    let Some(entry) = entry else { return Ok(undefined(scope)) };
    if entry.owner != instance.number || entry.resource != resource {
        return Err(not_of_class(instance, resource));
    }
    // Borrowed first: where the component is running, the handle stays as it is.
    let title = format!("{}[Symbol.dispose]", instance.plan.resources[resource].js_name);
    let destroyed = match instance.door() {
        Ok(mut door) => {
            instance.realm.handles.borrow_mut().remove(key);
            destroy(scope, instance, &mut **door, entry)
        }
        Err(_) => Err(Fault::Busy.into()),
    };
    match destroyed {
        Ok(()) => Ok(undefined(scope)),
        Err(Problem::Script(failure)) => Err(*failure),
        Err(Problem::Component(fault)) => {
            Err(instance.realm.errors.fault(scope, &instance.name, &title, &fault))
        }
    }
}

fn not_of_class(instance: &Instance, resource: ResourceId) -> Failure {
    Failure::type_error(format!(
        "`this`: expected {}, got another object",
        instance.plan.resources[resource].js_name
    ))
}

/// Calls a destructor, unless the instance that the handle belongs to is dead and its memory gone.
fn destroy(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    door: &mut dyn Door,
    entry: Entry,
) -> Result<(), Problem> {
    let generation = door.generation();
    if generation != entry.instance {
        return Ok(());
    }
    let mut outward = Outward { scope, instance, generation, allowed: instance.allowed, thrown: None };
    let destroyed = door.destroy(entry.resource, entry.rep, &mut outward);
    outward.end(destroyed)
}

/// Declares the instance dead, if it is at hand.
fn condemn(instance: &Instance) {
    if let Ok(mut door) = instance.door() {
        door.condemn();
    }
}

/// Makes room for handles before a call: near the limit, objects that nobody holds any more are collected first.
pub(crate) fn relieve(scope: &mut v8::PinScope<'_, '_>, instance: &Instance) {
    if instance.realm.handles.borrow_mut().is_pressed() {
        scope.low_memory_notification();
    }
    destroy_collected(scope, instance);
}

/// Destroys the resources of objects that were collected since the last call. A trap kills the instance and nothing else.
fn destroy_collected(scope: &mut v8::PinScope<'_, '_>, instance: &Instance) {
    let realm = &instance.realm;
    if realm.collected.borrow().is_empty() {
        return;
    }
    let Ok(mut door) = instance.door() else { return };
    let mut mine = Vec::new();
    realm.collected.borrow_mut().retain(|key| match realm.handles.borrow().get(*key) {
        Ok(entry) if entry.owner == instance.number => {
            mine.push((*key, entry));
            false
        }
        Ok(_) => true,
        Err(_) => false,
    });
    // What a destructor calls may run the script, which may drop and make other handles.
    for (key, entry) in mine {
        realm.handles.borrow_mut().remove(key);
        // The door condemns itself; the next call finds a fresh instance.
        let _ = destroy(scope, instance, &mut **door, entry);
    }
}

/// A function of scalars alone: no tape, no memory, no allocation.
fn call_scalar(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    id: FunctionId,
    scalars: &Scalars,
    args: &Arguments<'_>,
    answer: &mut v8::ReturnValue<'_>,
) -> Result<(), Problem> {
    let function = &instance.plan.functions[id];
    let mut values = [CoreValue::default(); FLAT_PARAMS_MAX];
    let receivers = function.role.receivers();
    if receivers > 0 {
        values[0].set(receiver(scope, instance, function, args.this().into())?);
    }
    for (index, scalar) in scalars.params.iter().enumerate() {
        let value = args.get(index as i32);
        let param = &function.params[receivers + index];
        let bits = scalar::to_bits(*scalar, value, scope)
            .ok_or_else(|| mismatch(scope, &Path::Param(&param.name), &param.ty, value))?;
        values[receivers + index].set(bits);
    }
    let mut door = instance.door()?;
    door.call_scalar(id, &mut values)?;
    drop(door);
    let Some(scalar) = scalars.result else { return Ok(()) };
    scalar::answer(scalar, values[0].wide(), scope, answer).ok_or_else(|| {
        condemn(instance);
        Fault::abi(format!("{:#x} is no char", values[0].narrow())).into()
    })
}

/// What the component knows the object by that a method is called on.
pub(crate) fn receiver(
    scope: &v8::PinScope<'_, '_>,
    instance: &Instance,
    function: &Function,
    this: v8::Local<v8::Value>,
) -> Result<u64, Failure> {
    let (Role::Method(resource), Some(param)) = (function.role, function.params.first()) else {
        return Ok(0);
    };
    let path = Path::Param(&param.name);
    let (_, rep) = checker(instance).resource(scope, resource, &param.ty, this, &path)?;
    Ok(rep.into())
}

/// The same in short, where nothing is wrong with the object.
pub(crate) fn live_rep(
    instance: &Instance,
    resource: ResourceId,
    generation: u32,
    this: v8::Local<v8::Value>,
) -> Option<u32> {
    let key = Key::of(v8::Local::<v8::Object>::try_from(this).ok()?)?;
    let entry = instance.realm.handles.borrow().get(key).ok()?;
    let is_its = (entry.owner, entry.resource, entry.instance) == (instance.number, resource, generation);
    is_its.then_some(entry.rep)
}

fn checker(instance: &Instance) -> Checker<'_> {
    Checker { instance, generation: instance.live_generation() }
}

fn call_any<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    id: FunctionId,
    args: &Arguments<'s>,
) -> Result<v8::Local<'s, v8::Value>, Problem> {
    relieve(scope, instance);
    let function = &instance.plan.functions[id];
    let mut tape = Tape::default();
    check(scope, instance, function, args, &mut tape)?;
    let mut door = instance.door()?;
    let allowed = instance.allowed;
    tape.fits(allowed)?;
    let generation = door.open()?;
    instance.stands(generation);
    take(instance, &tape);
    let mut call = Call {
        outward: Outward { scope, instance, generation, allowed, thrown: None },
        function,
        tape: &tape,
        target: matches!(function.role, Role::Constructor(_)).then(|| args.this()),
        answer: None,
    };
    let called = door.call(id, &mut call);
    drop(door);
    call.end(called)
}

/// One call of an export, between its checked arguments and its answer.
pub(crate) struct Call<'a, 's, 'i> {
    pub(crate) outward: Outward<'a, 's, 'i>,
    pub(crate) function: &'a Function,
    pub(crate) tape: &'a Tape<'s>,
    /// The object that a constructor makes.
    pub(crate) target: Option<v8::Local<'s, v8::Object>>,
    /// The function's value, or what the script has to be thrown.
    pub(crate) answer: Option<Result<v8::Local<'s, v8::Value>, Problem>>,
}

impl<'s> Call<'_, 's, '_> {
    /// What came of the call, once it is through the door.
    pub(crate) fn end(self, called: Result<(), Box<Fault>>) -> Result<v8::Local<'s, v8::Value>, Problem> {
        self.outward.end(called)?;
        self.answer.unwrap_or_else(|| Err(Fault::abi("host fault: the door lifted nothing").into()))
    }
}

impl Crossing for Call<'_, '_, '_> {
    fn lower(&mut self, guest: &mut dyn Guest, flat: &mut Flat) -> Result<(), Box<Fault>> {
        let Outward { scope, instance, allowed, .. } = &mut self.outward;
        let (items, room) = (self.tape.items.iter(), Room::with(self.tape.bytes(), *allowed));
        let site = Some(Site { scope, instance });
        Lowerer { site, guest, items, room }.params(self.function, flat)
    }

    fn lift(&mut self, source: Source<'_>, flat: &Flat) -> Result<(), Box<Fault>> {
        match self.value(source, flat) {
            Err(Problem::Component(fault)) => Err(fault),
            // What is the script's does not keep the component from ending its call in order.
            answer => {
                self.answer = Some(answer);
                Ok(())
            }
        }
    }

    fn import(
        &mut self,
        import: ImportId,
        importer: &mut dyn Importer,
        flat: &mut [u64],
    ) -> Result<(), Box<Fault>> {
        self.outward.answer(import, importer, flat)
    }

    fn dropped(&mut self, _: ResourceId, rep: u32) -> Result<(), Box<Fault>> {
        self.outward.note_dropped(rep)
    }
}

/// Checks every argument; nothing of the component has run when this fails.
pub(crate) fn check<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    function: &Function,
    args: &Arguments<'s>,
    tape: &mut Tape<'s>,
) -> Result<(), Failure> {
    if let Role::Constructor(resource) = function.role
        && !args.is_construct_call()
    {
        let class = &instance.plan.resources[resource].js_name;
        return Err(Failure::type_error(format!("`{class}` is a class: call it with `new`")));
    }
    let checker = checker(instance);
    for (index, param) in function.params.iter().enumerate() {
        let value = match index.checked_sub(function.role.receivers()) {
            Some(position) => args.get(position as i32),
            None => args.this().into(),
        };
        checker.param(scope, param, value, tape)?;
    }
    checker.finish(scope, tape)
}

/// Owned arguments leave the sandbox's table: their objects are worth nothing from here on.
pub(crate) fn take(instance: &Instance, tape: &Tape<'_>) {
    let mut handles = instance.realm.handles.borrow_mut();
    for key in &tape.taken {
        handles.remove(*key);
    }
}

impl<'s> Call<'_, 's, '_> {
    fn value(&mut self, source: Source<'_>, flat: &Flat) -> Result<v8::Local<'s, v8::Value>, Problem> {
        let Outward { scope, instance, generation, allowed, .. } = &mut self.outward;
        let (scope, instance, generation) = (&mut **scope, *instance, *generation);
        let room = Room::with(0, *allowed);
        let Source { memory, handles, encoding } = source;
        let mut lifter = Lifter { memory, handles, encoding, instance, generation, room };
        match (&self.function.result, self.target) {
            (Returns::Nothing, _) => Ok(undefined(scope)),
            (Returns::Value(ty), Some(target)) => {
                if let Kind::Own(resource) = ty.kind {
                    let rep = lifter.handles.take(resource, flat[0] as u32)?;
                    let entry = Entry { owner: instance.number, instance: generation, resource, rep };
                    adopt(scope, instance, entry, target)?;
                }
                Ok(target.into())
            }
            (Returns::Value(ty), None) => lifter.result(scope, ty, flat),
            (Returns::OrThrows(ty), _) => {
                let failed = lifter.is_error(ty, flat)?;
                let payload = lifter.result_payload(scope, ty, flat)?;
                match failed {
                    false => Ok(payload),
                    true => {
                        let (errors, title) = (&instance.realm.errors, &self.function.title);
                        Err(errors.payload(scope, &instance.name, title, payload).into())
                    }
                }
            }
        }
    }
}
