//! References of other isolates' values, as JavaScript has them: objects of the class `Reference`, which carry a number.

use std::rc::Rc;

use innerbox_binding::value::name;
use innerbox_binding::{Failure, OrPending, prelude};

use crate::home::Reference;
use crate::remotes::{Held, Remotes};
use crate::table::Key;

/// The source that defines the class.
pub(crate) const SOURCE: &str = "remote/reference";

/// The private symbol under which an object carries its number: no script can name it, and no proxy passes it on.
const PRIVATE: &str = "innerbox.Reference";

fn private<'s>(scope: &v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Private> {
    v8::Private::for_api(scope, Some(name(scope, PRIVATE)))
}

fn key(scope: &v8::PinScope<'_, '_>, object: v8::Local<v8::Object>) -> Option<Key> {
    let number = object.get_private(scope, private(scope))?;
    v8::Local::<v8::Number>::try_from(number).ok().map(|number| Key::from_number(number.value()))
}

/// What an object stands for; `None` where it is not of the class.
///
/// # Errors
/// A `TypeError` with code `ERR_REFERENCE_RELEASED` where it was released.
pub(crate) fn reference(
    scope: &v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
) -> Result<Option<Reference>, Failure> {
    let Some(key) = key(scope, object) else { return Ok(None) };
    match Remotes::of(scope)?.held.borrow().get(key) {
        Some(held) => Ok(Some(held.reference.clone())),
        None => Err(Failure::type_error("this Reference was released").code("ERR_REFERENCE_RELEASED")),
    }
}

/// What an object of the class stands for; `None` where it is none, or was released.
pub fn held(scope: &v8::PinScope<'_, '_>, object: v8::Local<v8::Object>) -> Option<Reference> {
    reference(scope, object).ok().flatten()
}

/// As [`reference`], for the receiver of a method.
pub(crate) fn receiver(
    scope: &v8::PinScope<'_, '_>,
    receiver: v8::Local<v8::Value>,
) -> Result<Reference, Failure> {
    let object = v8::Local::<v8::Object>::try_from(receiver).ok();
    let reference = object.map(|object| reference(scope, object)).transpose()?.flatten();
    reference.ok_or_else(|| Failure::type_error("`this`: expected a Reference"))
}

/// Makes `object` stand for a reference. It is let go when the object is collected.
pub(crate) fn adopt(
    scope: &mut v8::PinScope<'_, '_>,
    object: v8::Local<v8::Object>,
    reference: Reference,
) -> Result<(), Failure> {
    let remotes = Remotes::of(scope)?;
    sweep(&remotes);
    let mut held = remotes.held.borrow_mut();
    let allowed = held.limit();
    let key = held
        .insert(Held { reference: reference.clone(), _watch: None })
        .ok_or_else(|| remotes.limit(allowed))?;
    drop(held);
    let number = v8::Number::new(scope, key.to_number()).into();
    object.set_private(scope, private(scope), number).or_pending()?;
    let collected = Rc::clone(&remotes.collected);
    let finalizer = Box::new(move |_: &mut v8::Isolate| collected.borrow_mut().push(key));
    let watch = Some(v8::Weak::with_finalizer(scope, object, finalizer));
    remotes.held.borrow_mut().replace(key, Held { reference, _watch: watch });
    Ok(())
}

/// Lets go of what an object stands for; a second time it does nothing.
pub(crate) fn release(scope: &v8::PinScope<'_, '_>, object: v8::Local<v8::Object>) -> Result<(), Failure> {
    if let Some(key) = key(scope, object) {
        let gone = Remotes::of(scope)?.held.borrow_mut().remove(key);
        drop(gone);
    }
    Ok(())
}

fn sweep(remotes: &Remotes) {
    for key in remotes.collected.take() {
        let gone = remotes.held.borrow_mut().remove(key);
        drop(gone);
    }
}

/// What a reference is in the current realm: the value itself where that is of this isolate, else an object of the class.
///
/// # Errors
/// A `RangeError` with code `ERR_LIMIT` at the limit of handles.
pub fn value<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    reference: &Reference,
) -> Result<v8::Local<'s, v8::Value>, Failure> {
    let remotes = Remotes::of(scope)?;
    if reference.home() == remotes.home() {
        return remotes.value(scope, reference);
    }
    let make = prelude::export(scope, SOURCE, "make")?;
    let make = v8::Local::<v8::Function>::try_from(make).ok().or_pending()?;
    let receiver = v8::undefined(scope).into();
    let object = make.call(scope, receiver, &[]).or_pending()?;
    let object = v8::Local::<v8::Object>::try_from(object).ok().or_pending()?;
    adopt(scope, object, reference.clone())?;
    Ok(object.into())
}
