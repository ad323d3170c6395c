//! What a module of a component exports.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::value::{name, set};
use innerbox_binding::{Failure, Meter, OrPending};

use crate::bridge::Bridge;
use crate::callee::CalleeRole;
use crate::class::{define, function, function_template};
use crate::door::Door;
use crate::error::Errors;
use crate::given::Given;
use crate::instance::Instance;
use crate::plan::{FunctionId, Interface, Plan, ResourceId};
use crate::transfer;

/// Puts the error classes on the global object: call before any of the tenant's code runs. Nothing of it is Rust's, so it
/// can be in a start-up snapshot.
///
/// # Errors
/// What V8 says where it cannot run the host's JavaScript: out of stack, or terminated.
pub fn define_errors(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    Errors::define(scope)
}

/// Gives the isolate of the scope, which has the error classes, a component bridge with a handle table that has room for
/// `handles` handles. Call it before any of the tenant's code.
///
/// # Errors
/// As [`define_errors`].
pub fn attach(scope: &mut v8::PinScope<'_, '_>, handles: usize) -> Result<(), Failure> {
    Bridge::attach(scope, handles)
}

/// Makes a further context of the isolate, which has the error classes, ready for its components.
///
/// # Errors
/// As [`define_errors`].
pub fn attach_context(scope: &mut v8::PinScope<'_, '_>) -> Result<(), Failure> {
    Errors::attach(scope)
}

/// How many handles of resources the isolate's scripts hold.
pub fn live_handles(isolate: &v8::Isolate) -> usize {
    Bridge::of(isolate).map_or(0, |bridge| bridge.realm.handles.borrow().live())
}

/// How many handles there were at most, and whether one was refused.
pub fn handles_meter(isolate: &v8::Isolate) -> Rc<Meter> {
    Bridge::of(isolate).map(|bridge| Rc::clone(&bridge.realm.meter)).unwrap_or_default()
}

/// Ends what components do beside a run that is over: calls that nobody waits for, and streams.
pub fn end_run(isolate: &v8::Isolate) {
    if let Ok(bridge) = Bridge::of(isolate) {
        bridge.end_run();
    }
}

/// Shows a component to the isolate: an object whose own properties are what a module of it exports.
///
/// Each exported interface is an object, under its short name (`codec`), its full name (`acme:image/codec@1.0.0`), and
/// the full name without its version. Functions of the world itself are properties, and so are the members of a sole
/// interface: `import { decode } from 'image'`. Nothing is instantiated before the first call.
///
/// `imports` gives what the component imports besides WASI: a property for each interface, an object of functions and
/// classes.
///
/// # Errors
/// A `TypeError` with code `ERR_COMPONENT_IMPORT` where something is missing in `imports`, a host fault where the isolate
/// has no bridge, or [`Failure::Pending`].
pub fn bind<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    component: &str,
    plan: Arc<Plan>,
    door: Box<dyn Door>,
    imports: Option<v8::Local<'s, v8::Object>>,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let bridge = Bridge::of(scope)?;
    let imports = imports.unwrap_or_else(|| v8::Object::new(scope));
    let given = Given::find(scope, component, &plan, imports)?;
    if plan.asynchronous {
        transfer::prepare(scope)?;
    }
    let instance = bridge.instance(scope, component, plan, given, door);
    define(scope, &bridge, &instance);
    let mut exports = Exports { object: v8::Object::new(scope), taken: HashSet::new() };
    let plan = Arc::clone(&instance.plan);
    let named = plan.interfaces.iter().filter(|interface| !interface.name.is_empty()).count();
    for interface in &plan.interfaces {
        if interface.name.is_empty() {
            members(scope, &bridge, &instance, interface, &mut exports)?;
            continue;
        }
        let mut inner = Exports { object: v8::Object::new(scope), taken: HashSet::new() };
        members(scope, &bridge, &instance, interface, &mut inner)?;
        let unversioned = interface.name.split('@').next().unwrap_or_default();
        for key in [interface.js_name.as_str(), &interface.name, unversioned] {
            exports.define(scope, key, inner.object.into());
        }
        if named == 1 {
            exports.copy(scope, &inner)?;
        }
    }
    Ok(exports.object)
}

/// An object under construction. Its names are unique: a module with a name twice would abort the process.
struct Exports<'s> {
    object: v8::Local<'s, v8::Object>,
    taken: HashSet<String>,
}

impl<'s> Exports<'s> {
    fn define(&mut self, scope: &v8::PinScope<'s, '_>, key: &str, value: v8::Local<v8::Value>) {
        if self.taken.insert(key.to_owned()) {
            set(scope, self.object, key, value);
        }
    }

    fn copy(&mut self, scope: &v8::PinScope<'s, '_>, from: &Self) -> Result<(), Failure> {
        for key in &from.taken {
            let value = from.object.get(scope, name(scope, key).into()).or_pending()?;
            self.define(scope, key, value);
        }
        Ok(())
    }
}

fn members<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    interface: &Interface,
    exports: &mut Exports<'s>,
) -> Result<(), Failure> {
    for id in &interface.resources {
        let class = function(scope, bridge, instance, *id)?;
        mark_members(scope, bridge, instance, *id, class.into())?;
        exports.define(scope, &instance.plan.resources[*id].js_name, class.into());
    }
    for id in &interface.functions {
        let function = export(scope, bridge, instance, *id)?;
        exports.define(scope, &instance.plan.functions[*id].js_name, function.into());
    }
    Ok(())
}

fn export<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    id: FunctionId,
) -> Result<v8::Local<'s, v8::Function>, Failure> {
    let function = function_template(scope, bridge, instance, id).get_function(scope).or_pending()?;
    function.set_name(name(scope, &instance.plan.functions[id].js_name));
    mark(scope, bridge, instance, id, function.into());
    Ok(function)
}

/// Marks the functions of a class, which V8 has just made of its template: no script has seen them.
fn mark_members<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    id: ResourceId,
    class: v8::Local<'s, v8::Object>,
) -> Result<(), Failure> {
    let plan = Arc::clone(&instance.plan);
    let resource = &plan.resources[id];
    let prototype = class.get(scope, name(scope, "prototype").into()).or_pending()?;
    let places = [(prototype, &resource.methods), (class.into(), &resource.statics)];
    for (place, functions) in places {
        let Ok(place) = v8::Local::<v8::Object>::try_from(place) else { continue };
        for function in functions {
            let found =
                place.get(scope, name(scope, &plan.functions[*function].js_name).into()).or_pending()?;
            if let Ok(found) = v8::Local::<v8::Object>::try_from(found) {
                mark(scope, bridge, instance, *function, found);
            }
        }
    }
    Ok(())
}

fn mark(
    scope: &v8::PinScope<'_, '_>,
    bridge: &Bridge,
    instance: &Rc<Instance>,
    id: FunctionId,
    function: v8::Local<v8::Object>,
) {
    let data = bridge.callees.enter(scope, instance, CalleeRole::Export(id));
    bridge.functions.mark(scope, function, data);
}
