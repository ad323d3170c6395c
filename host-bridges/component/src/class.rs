//! Resources as classes: `new`, methods, statics, `[Symbol.dispose]`, and objects that carry a handle.

use std::rc::Rc;

use innerbox_binding::value::name;
use innerbox_binding::{Failure, OrPending, template};

use crate::bridge::{Bridge, CalleeRole, Instance};
use crate::call::{call, dispose, no_constructor};
use crate::handle::{Entry, FIELDS};
use crate::plan::ResourceId;

/// Makes the classes of all resources of a component, in the order of their ids.
pub(crate) fn define(scope: &mut v8::PinScope<'_, '_>, bridge: &Bridge, instance: &Rc<Instance>) {
    for id in 0..instance.plan.resources.len() {
        let class = class(scope, bridge, instance, id);
        let class = v8::Global::new(scope, class);
        instance.classes.borrow_mut().push(class);
    }
}

/// The class of a resource as a JavaScript function.
pub(crate) fn function<'s>(
    scope: &v8::PinScope<'s, '_>,
    instance: &Instance,
    resource: ResourceId,
) -> Result<v8::Local<'s, v8::Function>, Failure> {
    let template = v8::Local::new(scope, &instance.classes.borrow()[resource]);
    template.get_function(scope).or_pending()
}

fn class<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    id: ResourceId,
) -> v8::Local<'s, v8::FunctionTemplate> {
    let plan = Rc::clone(instance);
    let resource = &plan.plan.resources[id];
    let class = match resource.constructor {
        Some(function) => {
            let data = bridge.enter_callee(scope, instance, CalleeRole::Export(function));
            v8::FunctionTemplate::builder(call).data(data).build(scope)
        }
        None => {
            let data = bridge.enter_callee(scope, instance, CalleeRole::NoConstructor(id));
            template(scope, no_constructor, Some(data), None)
        }
    };
    class.set_class_name(name(scope, &resource.js_name));
    class.instance_template(scope).set_internal_field_count(FIELDS);
    let prototype = class.prototype_template(scope);
    for method in &resource.methods {
        let data = bridge.enter_callee(scope, instance, CalleeRole::Export(*method));
        let method_template = v8::FunctionTemplate::builder(call).data(data).build(scope);
        prototype.set_with_attr(
            name(scope, &plan.plan.functions[*method].js_name).into(),
            method_template.into(),
            v8::PropertyAttribute::DONT_ENUM,
        );
    }
    for function in &resource.statics {
        let data = bridge.enter_callee(scope, instance, CalleeRole::Export(*function));
        let function_template = v8::FunctionTemplate::builder(call).data(data).build(scope);
        class.set_with_attr(
            name(scope, &plan.plan.functions[*function].js_name).into(),
            function_template.into(),
            v8::PropertyAttribute::DONT_ENUM,
        );
    }
    let data = bridge.enter_callee(scope, instance, CalleeRole::Dispose(id));
    let dispose_template = template(scope, dispose, Some(data), None);
    let symbol = v8::Local::new(scope, &instance.realm.dispose);
    prototype.set_with_attr(symbol.into(), dispose_template.into(), v8::PropertyAttribute::DONT_ENUM);
    class
}

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
    let key = realm.handles.borrow_mut().insert(entry).ok_or_else(|| {
        let allowed = realm.handles.borrow().live();
        Failure::range_error(format!("limit reached: handles: {allowed} allowed")).code("ERR_LIMIT")
    })?;
    key.write(scope, object);
    let collected = Rc::clone(&realm.collected);
    let finalizer = Box::new(move |_: &mut v8::Isolate| collected.borrow_mut().push(key));
    let weak = v8::Weak::with_finalizer(scope, object, finalizer);
    realm.handles.borrow_mut().watch(key, weak);
    Ok(())
}
