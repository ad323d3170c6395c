//! Calls the other way: a component calls a function that JavaScript gave.
//!
//! The arguments are lifted, the script runs, its result is checked and lowered. The component waits meanwhile and cannot
//! be entered: a call into it is refused as busy.

use innerbox_binding::{Failure, OrPending};
use smallvec::SmallVec;

use crate::check::{Checker, Tape, mismatch};
use crate::door::{Crossing, Flat, Guest, Importer, Source};
use crate::fault::{Fault, Problem};
use crate::instance::Instance;
use crate::lift::Lifter;
use crate::lower::{Lowerer, Site, result_place};
use crate::parcel::Arguments;
use crate::path::Path;
use crate::plan::{Function, ImportId, Kind, ResourceId, Returns, Type};
use crate::room::Room;
use crate::scalar::{from_bits, to_bits};

type Value<'s> = v8::Local<'s, v8::Value>;

/// Arguments of most functions of scalars.
const FEW: usize = 4;

/// Answers what a component imports while it runs.
pub(crate) struct Outward<'a, 's, 'i> {
    pub(crate) scope: &'a mut v8::PinScope<'s, 'i>,
    pub(crate) instance: &'a Instance,
    pub(crate) generation: u32,
    /// Most bytes of lists and strings, each way.
    pub(crate) allowed: usize,
    /// What a script threw, where the component had no way to be told.
    pub(crate) thrown: Option<Failure>,
}

/// What came of the script.
pub(crate) enum Answer<'s> {
    Returned(Value<'s>),
    /// The payload of the error case.
    Failed(Value<'s>),
}

impl Outward<'_, '_, '_> {
    /// What came of the call that the component was in, where it ended so.
    pub(crate) fn end(self, called: Result<(), Box<Fault>>) -> Result<(), Problem> {
        match (called, self.thrown) {
            (Err(fault), Some(failure)) if matches!(*fault, Fault::Thrown) => Err(failure.into()),
            (called, _) => Ok(called?),
        }
    }

    /// Notes what the script threw, to be thrown on by the call that the component is in.
    fn note(&mut self, problem: Problem) -> Box<Fault> {
        match problem {
            Problem::Component(fault) => fault,
            Problem::Script(failure) => {
                self.thrown = Some(*failure);
                Box::new(Fault::Thrown)
            }
        }
    }

    pub(crate) fn answer(
        &mut self,
        id: ImportId,
        importer: &mut dyn Importer,
        flat: &mut [u64],
    ) -> Result<(), Box<Fault>> {
        self.try_answer(id, importer, flat).map_err(|problem| self.note(problem))
    }

    fn try_answer(
        &mut self,
        id: ImportId,
        importer: &mut dyn Importer,
        flat: &mut [u64],
    ) -> Result<(), Problem> {
        let instance = self.instance;
        let function = &instance.plan.imported[id];
        v8::scope!(let scope, self.scope);
        if scalars(scope, instance, id, function, flat)? {
            return Ok(());
        }
        let arguments =
            lift(scope, instance, self.generation, self.allowed, importer.source(), function, flat)?;
        // Before the script runs: what is broken already asks for nothing.
        if let Returns::Value(ty) | Returns::OrThrows(ty) = &function.result
            && ty.flat > 1
        {
            result_place(importer, function, ty, flat)?;
        }
        let answer = run(scope, instance, id, function, &arguments)?;
        let checker = Checker { instance, generation: self.generation };
        lower(scope, &checker, self.allowed, importer, function, flat, &answer)
    }

    pub(crate) fn note_dropped(&mut self, rep: u32) -> Result<(), Box<Fault>> {
        self.dispose(rep).map_err(|failure| self.note(failure.into()))
    }

    fn dispose(&mut self, rep: u32) -> Result<(), Failure> {
        v8::scope!(let scope, self.scope);
        dispose_of(scope, self.instance, rep)
    }
}

/// A destructor has no values of its own.
impl Crossing for Outward<'_, '_, '_> {
    fn lower(&mut self, _: &mut dyn Guest, _: &mut Flat) -> Result<(), Box<Fault>> {
        Ok(())
    }

    fn lift(&mut self, _: Source<'_>, _: &Flat) -> Result<(), Box<Fault>> {
        Ok(())
    }

    fn import(
        &mut self,
        import: ImportId,
        importer: &mut dyn Importer,
        flat: &mut [u64],
    ) -> Result<(), Box<Fault>> {
        self.answer(import, importer, flat)
    }

    fn dropped(&mut self, _: ResourceId, rep: u32) -> Result<(), Box<Fault>> {
        self.note_dropped(rep)
    }
}

/// The short way of a function whose parameters and result are scalars in core values: nothing has to be kept between checking
/// and lowering. False where the long way is to be taken, and nothing has happened yet.
fn scalars(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    id: ImportId,
    function: &Function,
    flat: &mut [u64],
) -> Result<bool, Problem> {
    let Some(scalars) = function.scalars.as_ref().filter(|_| function.role.receivers() == 0) else {
        return Ok(false);
    };
    let values = scalars.params.iter().zip(&*flat).map(|(scalar, bits)| from_bits(*scalar, *bits, scope));
    // A `char` that is none is for the long way to refuse.
    let Some(arguments) = values.collect::<Option<SmallVec<[Value<'_>; FEW]>>>() else { return Ok(false) };
    let answer = run(scope, instance, id, function, &arguments)?;
    if let (Returns::Value(ty), Some(scalar), Answer::Returned(value)) =
        (&function.result, scalars.result, answer)
    {
        let bits = to_bits(scalar, value, scope);
        flat[0] = bits.ok_or_else(|| mismatch(scope, &Path::Result(&function.title), ty, value))?;
    }
    Ok(true)
}

fn lift<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    generation: u32,
    allowed: usize,
    source: Source<'_>,
    function: &Function,
    flat: &[u64],
) -> Result<Vec<Value<'s>>, Problem> {
    let Source { memory, handles, encoding } = source;
    let room = Room::with(0, allowed);
    let mut lifter = Lifter { memory, handles, encoding, instance, generation, room };
    lifter.params(scope, function, flat)
}

/// Runs the script. What it throws is the error case of a function that has one, where it is or has a payload.
pub(crate) fn run<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    id: ImportId,
    function: &Function,
    arguments: &[Value<'s>],
) -> Result<Answer<'s>, Failure> {
    v8::tc_scope!(let scope, scope);
    match instance.given.call(scope, id, function, arguments) {
        Ok(value) => Ok(Answer::Returned(value)),
        Err(Failure::Pending) => {
            let Some(exception) = scope.exception().filter(|_| !scope.has_terminated()) else {
                return Err(Failure::Pending);
            };
            scope.reset();
            match payload(scope, instance, function, exception) {
                Ok(Some(payload)) => Ok(Answer::Failed(payload)),
                Ok(None) => Err(Failure::thrown(scope, exception)),
                // This scope catches what a getter of the payload throws, too.
                Err(failure) => match scope.exception().filter(|_| !scope.has_terminated()) {
                    Some(exception) => Err(Failure::thrown(scope, exception)),
                    None => Err(failure),
                },
            }
        }
        Err(failure) => Err(failure),
    }
}

/// The payload of what was thrown: its `payload`, or itself where it is no `Error`.
pub(crate) fn payload<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    function: &Function,
    exception: Value<'s>,
) -> Result<Option<Value<'s>>, Failure> {
    if !matches!(function.result, Returns::OrThrows(_)) {
        return Ok(None);
    }
    payload_of(scope, instance, exception)
}

/// What was thrown as the payload of an error case; none for an error that has none.
pub(crate) fn payload_of<'s>(
    scope: &v8::PinScope<'s, '_>,
    instance: &Instance,
    exception: Value<'s>,
) -> Result<Option<Value<'s>>, Failure> {
    let Ok(object) = v8::Local::<v8::Object>::try_from(exception) else { return Ok(Some(exception)) };
    let key = instance.names.payload(scope);
    if object.has_own_property(scope, key.into()).or_pending()? {
        return object.get(scope, key.into()).or_pending().map(Some);
    }
    Ok((!exception.is_native_error()).then_some(exception))
}

fn lower<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    checker: &Checker<'_>,
    allowed: usize,
    importer: &mut dyn Importer,
    function: &Function,
    flat: &mut [u64],
    answer: &Answer<'s>,
) -> Result<(), Problem> {
    let Some((ty, tape)) = checked(scope, checker, allowed, function, answer)? else { return Ok(()) };
    let instance = checker.instance;
    let (items, room) = (tape.items.iter(), Room::with(tape.bytes(), allowed));
    let site = Some(Site { scope, instance });
    let mut lowerer = Lowerer { site, guest: importer, items, room };
    lowerer.result(function, ty, flat)?;
    Ok(())
}

/// Checks what came of the script, and copies it for another thread.
pub(crate) fn copy<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    generation: u32,
    function: &Function,
    answer: &Answer<'s>,
) -> Result<Arguments, Problem> {
    let checker = Checker { instance, generation };
    let tape = checked(scope, &checker, instance.allowed, function, answer)?.map(|(_, tape)| tape);
    Ok(Arguments::copy(scope, instance, &tape.unwrap_or_default())?)
}

/// Checks what came of the script, and takes what it gives for good; none where nothing is to be returned.
fn checked<'s, 'f>(
    scope: &mut v8::PinScope<'s, '_>,
    checker: &Checker<'_>,
    allowed: usize,
    function: &'f Function,
    answer: &Answer<'s>,
) -> Result<Option<(&'f Type, Tape<'s>)>, Problem> {
    let (ty, tape) = match (&function.result, answer) {
        (Returns::Nothing, _) => return Ok(None),
        (Returns::Value(ty), Answer::Returned(value) | Answer::Failed(value)) => {
            (ty, check(scope, checker, function, ty, *value)?)
        }
        (Returns::OrThrows(ty), answer) => (ty, check_case(scope, checker, function, ty, answer)?),
    };
    tape.fits(allowed)?;
    for key in &tape.taken {
        checker.instance.realm.handles.borrow_mut().remove(*key);
    }
    Ok(Some((ty, tape)))
}

fn check<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    checker: &Checker<'_>,
    function: &Function,
    ty: &Type,
    value: Value<'s>,
) -> Result<Tape<'s>, Failure> {
    let mut tape = Tape::default();
    checker.result(scope, &function.title, ty, value, &mut tape)?;
    checker.finish(scope, &tape)?;
    Ok(tape)
}

fn check_case<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    checker: &Checker<'_>,
    function: &Function,
    ty: &Type,
    answer: &Answer<'s>,
) -> Result<Tape<'s>, Failure> {
    let Kind::Result(cases) = &ty.kind else { return Ok(Tape::default()) };
    let (index, value) = match answer {
        Answer::Returned(value) => (0, *value),
        Answer::Failed(payload) => (1, *payload),
    };
    let mut tape = Tape::default();
    checker.case(scope, &function.title, cases, index, value, &mut tape)?;
    checker.finish(scope, &tape)?;
    Ok(tape)
}

/// Lets go of an object that the component had for its own, and disposes of it.
pub(crate) fn dispose_of(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    rep: u32,
) -> Result<(), Failure> {
    match instance.given.take(scope, rep) {
        Some(object) => dispose(scope, instance, object),
        None => Ok(()),
    }
}

/// Calls `[Symbol.dispose]` of an object that the component had for its own, if it has one.
fn dispose(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    object: v8::Local<v8::Object>,
) -> Result<(), Failure> {
    v8::tc_scope!(let scope, scope);
    let key = v8::Local::new(scope, &instance.realm.dispose);
    let disposed =
        object.get(scope, key.into()).and_then(|method| match v8::Local::<v8::Function>::try_from(method) {
            Ok(method) => method.call(scope, object.into(), &[]).map(drop),
            Err(_) => Some(()),
        });
    match disposed {
        Some(()) => Ok(()),
        None => match scope.exception().filter(|_| !scope.has_terminated()) {
            Some(exception) => Err(Failure::thrown(scope, exception)),
            None => Err(Failure::Pending),
        },
    }
}
