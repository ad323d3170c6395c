//! Resources as classes: `new`, methods, statics, `[Symbol.dispose]`, and objects that carry a handle.

use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::value::name;
use innerbox_binding::{Failure, OrPending, template};

use crate::bridge::Bridge;
use crate::call::{call, dispose, no_constructor};
use crate::callee::CalleeRole;
use crate::fast::overloads;
use crate::handle::FIELDS;
use crate::instance::Instance;
use crate::plan::{FunctionId, ResourceId};

/// What every prototype has a property of.
const CONSTRUCTOR: &str = "constructor";

/// Makes the classes of all resources of a component, in the order of their ids.
pub(crate) fn define(scope: &mut v8::PinScope<'_, '_>, bridge: &Bridge, instance: &Rc<Instance>) {
    for id in 0..instance.plan.resources.len() {
        // A given one is JavaScript's already; its place stays, so that ids are indices.
        let class = match instance.plan.resources[id].given {
            true => v8::FunctionTemplate::builder(call).build(scope),
            false => class(scope, bridge, instance, id),
        };
        let class = v8::Global::new(scope, class);
        instance.classes.borrow_mut().push(class);
    }
}

/// The class of a resource as a JavaScript function.
///
/// Its static functions are defined here and not by its template: every function has a `name` and a `length` already, and
/// every prototype a `constructor`, and V8 aborts the process for a template that has one of them a second time.
pub(crate) fn function<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    resource: ResourceId,
) -> Result<v8::Local<'s, v8::Function>, Failure> {
    let template = v8::Local::new(scope, &instance.classes.borrow()[resource]);
    let class = template.get_function(scope).or_pending()?;
    let plan = Arc::clone(&instance.plan);
    let resource = &plan.resources[resource];
    for id in &resource.statics {
        define_function(scope, bridge, instance, class.into(), *id)?;
    }
    if let Some(id) = resource.methods.iter().find(|id| plan.functions[**id].js_name == CONSTRUCTOR) {
        let prototype = class.get(scope, name(scope, "prototype").into()).or_pending()?;
        if let Ok(prototype) = v8::Local::<v8::Object>::try_from(prototype) {
            define_function(scope, bridge, instance, prototype, *id)?;
        }
    }
    Ok(class)
}

/// Defines a function as a property that is there already, or is not.
fn define_function(
    scope: &mut v8::PinScope<'_, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    object: v8::Local<v8::Object>,
    id: FunctionId,
) -> Result<(), Failure> {
    let key = name(scope, &instance.plan.functions[id].js_name);
    let function = function_template(scope, bridge, instance, id).get_function(scope).or_pending()?;
    function.set_name(key);
    object
        .define_own_property(scope, key.into(), function.into(), v8::PropertyAttribute::DONT_ENUM)
        .or_pending()
        .map(drop)
}

/// A function, method or static that calls an export: no constructor, and a fast call where its signature allows one.
pub(crate) fn function_template<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    id: FunctionId,
) -> v8::Local<'s, v8::FunctionTemplate> {
    let function = &instance.plan.functions[id];
    let data = bridge.callees.enter(scope, instance, CalleeRole::Export(id));
    let builder = v8::FunctionTemplate::builder(call)
        .data(data)
        .length((function.params.len() - function.role.receivers()) as i32);
    let overloads = overloads(function).filter(|_| !instance.plan.calls_scripts());
    let template = match overloads {
        Some(overloads) => builder.build_fast(scope, overloads),
        None => builder.constructor_behavior(v8::ConstructorBehavior::Throw).build(scope),
    };
    template.remove_prototype();
    template
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
            let data = bridge.callees.enter(scope, instance, CalleeRole::Export(function));
            v8::FunctionTemplate::builder(call).data(data).build(scope)
        }
        None => {
            let data = bridge.callees.enter(scope, instance, CalleeRole::NoConstructor(id));
            template(scope, no_constructor, Some(data), None)
        }
    };
    class.set_class_name(name(scope, &resource.js_name));
    class.instance_template(scope).set_internal_field_count(FIELDS);
    let prototype = class.prototype_template(scope);
    let methods = resource.methods.iter();
    for method in methods.filter(|id| plan.plan.functions[**id].js_name != CONSTRUCTOR) {
        let method_template = function_template(scope, bridge, instance, *method);
        prototype.set_with_attr(
            name(scope, &plan.plan.functions[*method].js_name).into(),
            method_template.into(),
            v8::PropertyAttribute::DONT_ENUM,
        );
    }
    let data = bridge.callees.enter(scope, instance, CalleeRole::Dispose(id));
    let dispose_template = template(scope, dispose, Some(data), None);
    let symbol = v8::Local::new(scope, &instance.realm.dispose);
    prototype.set_with_attr(symbol.into(), dispose_template.into(), v8::PropertyAttribute::DONT_ENUM);
    class
}
