//! The components of one sandbox, as scripts ask for them: by an extension's name, by the name of a WIT interface, by file.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use innerbox_binding::{Failure, OrPending, value};
use innerbox_bridge_component::bind;
use innerbox_extension::{Extension, ExtensionLimits, Interrupt, Lending};

use super::instantiate;
use super::stdio::Stdio;
use crate::engine::Engine;
use crate::error::Error;
use crate::modules::ComponentLoader;

/// What scripts import the class `Reference` by.
const REFERENCE_SPECIFIER: &str = "innerbox:reference";

/// Most instances of components that scripts may ask for themselves: each one has a linear memory until its sandbox ends.
const INSTANCES_MAX: usize = 64;

type Find = dyn Fn(&str) -> Result<Option<Extension>, Error>;

/// Finds an extension by its name, where a script asks for one that the sandbox was not given.
#[derive(Clone)]
pub(crate) struct Finder {
    pub(crate) find: Rc<Find>,
    pub(crate) limits: ExtensionLimits,
}

/// A component for one sandbox: under which limits, and with what it is lent.
#[derive(Clone)]
struct Found {
    extension: Extension,
    limits: ExtensionLimits,
    lending: Arc<Lending>,
}

/// What a sandbox was given, and what of it its script has asked for.
pub(crate) struct Components {
    pub(crate) engine: Engine,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) given: Vec<(Extension, ExtensionLimits)>,
    pub(crate) finder: Option<Finder>,
    /// What extensions are lent, by their names.
    pub(crate) lendings: HashMap<String, Arc<Lending>>,
    pub(crate) stdio: Rc<Stdio>,
    /// What the host gives to extensions, by their names: the source of an expression.
    pub(crate) imports: HashMap<String, String>,
    /// How many instances scripts have asked for besides.
    pub(crate) instantiated: Cell<usize>,
}

/// What a context has asked for, by name. Asking again gives the same object, and so the same instance.
#[derive(Default)]
pub(crate) struct Bound(RefCell<HashMap<String, v8::Global<v8::Object>>>);

impl Bound {
    /// Puts it where the components of the context find it.
    pub(crate) fn attach(self: &Rc<Self>, context: v8::Local<v8::Context>) {
        context.set_slot(Rc::clone(self));
    }

    fn of(scope: &v8::PinScope<'_, '_>) -> Result<Rc<Self>, Failure> {
        let context = scope.get_current_context();
        context
            .get_slot::<Self>()
            .ok_or_else(|| Failure::error("host fault: the context has no components").code("ERR_HOST_FAULT"))
    }

    /// Lets go of it: call before the isolate is disposed, or when nobody has the context any more.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Components {
    /// The components of the isolate's sandbox.
    ///
    /// # Errors
    /// A host fault where it has none.
    pub(crate) fn of(isolate: &v8::Isolate) -> Result<Rc<Self>, Failure> {
        isolate
            .get_slot::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| Failure::error("host fault: the sandbox has no components").code("ERR_HOST_FAULT"))
    }

    fn extension(&self, name: &str) -> Result<Option<Found>, Failure> {
        if let Some((extension, limits)) = self.given.iter().find(|(extension, _)| extension.name() == name) {
            return Ok(Some(self.lent(extension.clone(), *limits)));
        }
        let Some(finder) = &self.finder else { return Ok(None) };
        let found = (finder.find)(name).map_err(|error| refused(&error))?;
        Ok(found.map(|extension| self.lent(extension, finder.limits)))
    }

    /// An extension of the host's, with what it is lent.
    fn lent(&self, extension: Extension, limits: ExtensionLimits) -> Found {
        let lending = self.lendings.get(extension.name()).cloned().unwrap_or_default();
        Found { extension, limits, lending }
    }

    /// The extensions that may export an interface of a package: those given, and the one found under its name.
    fn candidates(&self, package: &str) -> Result<Vec<Found>, Failure> {
        let given = self.given.iter();
        let mut candidates: Vec<_> =
            given.map(|(extension, limits)| self.lent(extension.clone(), *limits)).collect();
        candidates.extend(self.extension(package)?);
        Ok(candidates)
    }

    fn exports<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        key: &str,
        found: &Found,
    ) -> Result<v8::Local<'s, v8::Object>, Failure> {
        let bound = Bound::of(scope)?;
        if let Some(exports) = bound.0.borrow().get(key) {
            return Ok(v8::Local::new(scope, exports));
        }
        let name = found.extension.name();
        let imports = match self.imports.get(name) {
            Some(source) => Some(evaluate(scope, name, source)?),
            None => None,
        };
        let exports = self.bind(scope, found, imports)?;
        bound.0.borrow_mut().insert(key.to_owned(), v8::Global::new(scope, exports));
        Ok(exports)
    }
}

impl Components {
    fn bind<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        found: &Found,
        imports: Option<v8::Local<'s, v8::Object>>,
    ) -> Result<v8::Local<'s, v8::Object>, Failure> {
        let Found { extension, limits, lending } = found;
        let door = extension.door(Arc::clone(lending), *limits, self.interrupt.part());
        bind(scope, extension.name(), Arc::clone(extension.plan()), door, imports)
    }

    /// Makes an instance of its own of the extension `name`, with these imports; `None` where there is none of this name.
    pub(super) fn instantiate<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        name: &str,
        imports: v8::Local<'s, v8::Object>,
    ) -> Result<Option<v8::Local<'s, v8::Object>>, Failure> {
        let Some(found) = self.extension(name)? else { return Ok(None) };
        self.count_instances(1)?;
        self.bind(scope, &found, Some(imports)).map(Some)
    }

    /// The same of the component in a file.
    pub(super) fn instantiate_file<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        path: &Path,
        bytes: &[u8],
        imports: v8::Local<'s, v8::Object>,
    ) -> Result<v8::Local<'s, v8::Object>, Failure> {
        self.count_instances(1)?;
        let found = self.load(path, bytes)?;
        self.bind(scope, &found, Some(imports))
    }

    /// Counts instances that scripts ask for, before they are made.
    ///
    /// # Errors
    /// A `RangeError` with code `ERR_LIMIT` where there are too many.
    pub(super) fn count_instances(&self, count: usize) -> Result<(), Failure> {
        if count > INSTANCES_MAX - self.instantiated.get() {
            let message = format!("limit reached: instances of components: {INSTANCES_MAX} allowed");
            return Err(Failure::range_error(message).code("ERR_LIMIT"));
        }
        self.instantiated.set(self.instantiated.get() + count);
        Ok(())
    }

    /// The component in a file that a script names. It is lent nothing, whatever it is called: scripts may write files.
    fn load(&self, path: &Path, bytes: &[u8]) -> Result<Found, Failure> {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let extension =
            Extension::from_bytes(&self.engine, &name, bytes).map_err(|error| refused(&error.into()))?;
        let limits = self.finder.as_ref().map_or_else(ExtensionLimits::default, |finder| finder.limits);
        Ok(Found { extension, limits, lending: Arc::default() })
    }
}

impl ComponentLoader for Components {
    fn named<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        specifier: &str,
    ) -> Result<Option<v8::Local<'s, v8::Object>>, Failure> {
        match specifier {
            instantiate::SPECIFIER => return instantiate::exports(scope).map(Some),
            REFERENCE_SPECIFIER => return innerbox_bridge_remote::exports(scope).map(Some),
            _ => {}
        }
        if let Some(found) = self.extension(specifier)? {
            return self.exports(scope, found.extension.name(), &found).map(Some);
        }
        let Some(package) = package_of(specifier) else { return Ok(None) };
        let wanted = unversioned(specifier);
        for candidate in self.candidates(package)? {
            let interfaces = &candidate.extension.plan().interfaces;
            let exact = interfaces.iter().any(|interface| interface.name == specifier);
            let found = exact
                || interfaces
                    .iter()
                    .any(|interface| specifier == wanted && unversioned(&interface.name) == wanted);
            if found {
                let exports = self.exports(scope, candidate.extension.name(), &candidate)?;
                let interface = value::get(scope, exports, specifier).or_pending()?;
                return Ok(v8::Local::<v8::Object>::try_from(interface).ok());
            }
        }
        Ok(None)
    }

    fn file<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        path: &Path,
        bytes: &[u8],
    ) -> Result<v8::Local<'s, v8::Object>, Failure> {
        let found = self.load(path, bytes)?;
        self.exports(scope, &path.to_string_lossy(), &found)
    }
}

/// The object that the host's expression gives.
fn evaluate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    extension: &str,
    source: &str,
) -> Result<v8::Local<'s, v8::Object>, Failure> {
    let code = value::string(scope, source);
    let name = value::string(scope, &format!("imports of {extension}")).into();
    let origin = v8::ScriptOrigin::new(scope, name, 0, 0, false, 0, None, false, false, false, None);
    let script = v8::Script::compile(scope, code, Some(&origin)).or_pending()?;
    let object = script.run(scope).or_pending()?;
    v8::Local::<v8::Object>::try_from(object).map_err(|_| {
        Failure::type_error(format!("host fault: the imports given to `{extension}` are no object"))
    })
}

/// `acme:image/codec@1.0.0` is of the package `image`.
fn package_of(specifier: &str) -> Option<&str> {
    let (_, rest) = specifier.split_once(':')?;
    let (package, _) = rest.split_once('/')?;
    Some(package)
}

fn unversioned(name: &str) -> &str {
    name.split('@').next().unwrap_or_default()
}

fn refused(error: &Error) -> Failure {
    Failure::error(error.to_string()).code("ERR_COMPONENT_REFUSED")
}
