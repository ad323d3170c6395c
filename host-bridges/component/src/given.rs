//! What JavaScript gives to a component: the functions and classes that its imports name, and the objects it holds.

use std::cell::RefCell;

use innerbox_binding::value::name;
use innerbox_binding::{Failure, OrPending};

use crate::plan::{Function, Interface, Plan, ResourceId, Role};

/// What an instance's imports are answered by.
#[derive(Default)]
pub(crate) struct Given {
    /// By `ImportId`.
    functions: Vec<Answerer>,
    /// By `ResourceId`; none for the component's own.
    classes: Vec<Option<v8::Global<v8::Object>>>,
    objects: RefCell<Objects>,
}

/// What answers one import.
enum Answerer {
    /// A function, and the object that it was found in.
    Function(v8::Global<v8::Function>, v8::Global<v8::Object>),
    /// A class, to be called with `new`.
    Class(ResourceId),
    /// Whatever the object that the method is called on has under this name.
    Method,
}

/// Objects of given classes that the component has handles of. A handle's representation is an index.
#[derive(Default)]
struct Objects {
    slots: Vec<Option<v8::Global<v8::Object>>>,
    free: Vec<u32>,
}

type Scope<'a, 's, 'i> = &'a mut v8::PinScope<'s, 'i>;

impl Given {
    /// Finds in `imports` what a component needs: an object with a property for each interface, under its full name, its
    /// name without the version, or its short name.
    ///
    /// # Errors
    /// A `TypeError` naming what is missing, or what a getter throws.
    pub(crate) fn find<'s>(
        scope: Scope<'_, 's, '_>,
        component: &str,
        plan: &Plan,
        imports: v8::Local<'s, v8::Object>,
    ) -> Result<Self, Failure> {
        let mut functions: Vec<Option<Answerer>> = plan.imported.iter().map(|_| None).collect();
        let mut classes: Vec<_> = plan.resources.iter().map(|_| None).collect();
        for interface in &plan.given {
            let object = match interface.name.as_str() {
                "" => imports,
                _ => of_interface(scope, component, interface, imports)?,
            };
            for id in &interface.resources {
                let class = member(scope, component, interface, object, &plan.resources[*id].js_name)?;
                classes[*id] = Some(v8::Global::new(scope, v8::Local::<v8::Object>::from(class)));
                for import in plan.imported.iter().zip(&mut functions) {
                    resource_function(scope, component, interface, class, *id, import)?;
                }
            }
            for id in &interface.functions {
                let function = member(scope, component, interface, object, &plan.imported[*id].js_name)?;
                functions[*id] = Some(Answerer::Function(
                    v8::Global::new(scope, function),
                    v8::Global::new(scope, object),
                ));
            }
        }
        let functions = functions.into_iter().map(|found| found.unwrap_or(Answerer::Method)).collect();
        Ok(Self { functions, classes, objects: RefCell::default() })
    }

    /// Calls what answers an import. `this` and the arguments are as lifting gave them: a method's object comes first.
    pub(crate) fn call<'s>(
        &self,
        scope: Scope<'_, 's, '_>,
        id: usize,
        function: &Function,
        arguments: &[v8::Local<'s, v8::Value>],
    ) -> Result<v8::Local<'s, v8::Value>, Failure> {
        match &self.functions[id] {
            Answerer::Function(callee, this) => {
                let (callee, this) = (v8::Local::new(scope, callee), v8::Local::new(scope, this));
                callee.call(scope, this.into(), arguments).or_pending()
            }
            Answerer::Class(resource) => {
                let class = self.class(scope, *resource)?;
                let class =
                    v8::Local::<v8::Function>::try_from(class).map_err(|_| not_callable(&function.title))?;
                Ok(class.new_instance(scope, arguments).or_pending()?.into())
            }
            Answerer::Method => {
                let (this, arguments) =
                    arguments.split_first().ok_or_else(|| not_callable(&function.title))?;
                let object =
                    v8::Local::<v8::Object>::try_from(*this).map_err(|_| not_callable(&function.title))?;
                let method = object.get(scope, name(scope, &function.js_name).into()).or_pending()?;
                let method =
                    v8::Local::<v8::Function>::try_from(method).map_err(|_| not_callable(&function.title))?;
                method.call(scope, *this, arguments).or_pending()
            }
        }
    }

    /// The class of a given resource.
    pub(crate) fn class<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        resource: ResourceId,
    ) -> Result<v8::Local<'s, v8::Object>, Failure> {
        let class = self.classes.get(resource).and_then(Option::as_ref);
        let class = class.ok_or_else(|| Failure::error("host fault: a given class is missing"))?;
        Ok(v8::Local::new(scope, class))
    }

    /// Keeps an object for the component, and gives its representation.
    pub(crate) fn keep(&self, scope: &v8::PinScope<'_, '_>, object: v8::Local<v8::Object>) -> u32 {
        let mut objects = self.objects.borrow_mut();
        let object = Some(v8::Global::new(scope, object));
        match objects.free.pop() {
            Some(index) => {
                objects.slots[index as usize] = object;
                index
            }
            None => {
                objects.slots.push(object);
                objects.slots.len() as u32 - 1
            }
        }
    }

    /// The object behind a representation.
    pub(crate) fn get<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        rep: u32,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let objects = self.objects.borrow();
        objects.slots.get(rep as usize)?.as_ref().map(|object| v8::Local::new(scope, object))
    }

    /// Lets go of the object behind a representation.
    pub(crate) fn take<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        rep: u32,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let mut objects = self.objects.borrow_mut();
        let object = objects.slots.get_mut(rep as usize)?.take()?;
        objects.free.push(rep);
        Some(v8::Local::new(scope, object))
    }

    /// Lets go of all objects: the instance that had them is dead.
    pub(crate) fn clear(&self) {
        *self.objects.borrow_mut() = Objects::default();
    }
}

fn of_interface<'s>(
    scope: Scope<'_, 's, '_>,
    component: &str,
    interface: &Interface,
    imports: v8::Local<'s, v8::Object>,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let unversioned = interface.name.split('@').next().unwrap_or_default();
    for key in [interface.name.as_str(), unversioned, &interface.js_name] {
        let value = imports.get(scope, name(scope, key).into()).or_pending()?;
        if let Ok(object) = v8::Local::<v8::Object>::try_from(value) {
            return Ok(object);
        }
    }
    Err(Failure::type_error(format!(
        "component `{component}` imports `{}`, which it was not given: `instantiate` of `innerbox:component` gives it",
        interface.name
    ))
    .code("ERR_COMPONENT_IMPORT"))
}

fn member<'s>(
    scope: Scope<'_, 's, '_>,
    component: &str,
    interface: &Interface,
    object: v8::Local<'s, v8::Object>,
    key: &str,
) -> Result<v8::Local<'s, v8::Function>, Failure> {
    let value = object.get(scope, name(scope, key).into()).or_pending()?;
    v8::Local::<v8::Function>::try_from(value).map_err(|_| {
        let of = if interface.name.is_empty() { String::new() } else { format!(" of `{}`", interface.name) };
        Failure::type_error(format!("component `{component}` imports `{key}`{of}, which is no function"))
            .code("ERR_COMPONENT_IMPORT")
    })
}

/// What answers a function of a given resource: `new`, a static found now, a method found when it is called.
fn resource_function<'s>(
    scope: Scope<'_, 's, '_>,
    component: &str,
    interface: &Interface,
    class: v8::Local<'s, v8::Function>,
    resource: ResourceId,
    (function, answerer): (&Function, &mut Option<Answerer>),
) -> Result<(), Failure> {
    match function.role {
        Role::Constructor(of) if of == resource => *answerer = Some(Answerer::Class(resource)),
        Role::Static(of) if of == resource => {
            let object = v8::Local::<v8::Object>::from(class);
            let found = member(scope, component, interface, object, &function.js_name)?;
            let (found, this) = (v8::Global::new(scope, found), v8::Global::new(scope, object));
            *answerer = Some(Answerer::Function(found, this));
        }
        _ => {}
    }
    Ok(())
}

fn not_callable(title: &str) -> Failure {
    Failure::type_error(format!("`{title}` is no function of what was given")).code("ERR_COMPONENT_IMPORT")
}
