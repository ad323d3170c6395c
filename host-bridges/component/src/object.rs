//! Objects of resources' classes, which carry a handle.

use std::rc::Rc;

use innerbox_binding::{Failure, OrPending};

use crate::handle::{Entry, Key};
use crate::instance::Instance;

/// Makes an object of the resource's class for a handle.
///
/// # Errors
/// A `RangeError` at the limit of handles.
pub(crate) fn wrap<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    instance: &Instance,
    entry: Entry,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let class = v8::Local::new(scope, &instance.classes.borrow()[entry.resource]);
    let object = class.instance_template(scope).new_instance(scope).or_pending()?;
    Key::NONE.write(object);
    adopt(scope, instance, entry, object)?;
    Ok(object)
}

/// Gives an object of the resource's class its handle. A collected object's resource is destroyed before the next call.
pub(crate) fn adopt(
    scope: &mut v8::PinScope<'_, '_>,
    instance: &Instance,
    entry: Entry,
    object: v8::Local<v8::Object>,
) -> Result<(), Failure> {
    let realm = &instance.realm;
    // Not kept borrowed: the error asks the table, too.
    let key = realm.handles.borrow_mut().insert(entry);
    let key = key.ok_or_else(|| {
        let allowed = realm.handles.borrow().live();
        realm.meter.refused(allowed + 1);
        Failure::range_error(format!("limit reached: handles: {allowed} allowed")).code("ERR_LIMIT")
    })?;
    realm.meter.used(realm.handles.borrow().live());
    key.write(object);
    let collected = Rc::clone(&realm.collected);
    let finalizer = Box::new(move |_: &mut v8::Isolate| collected.borrow_mut().push(key));
    let weak = v8::Weak::with_finalizer(scope, object, finalizer);
    realm.handles.borrow_mut().watch(key, weak);
    Ok(())
}
