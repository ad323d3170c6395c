//! ES modules: from files, from the host, from components.
//!
//! A specifier is resolved to a [`Target`] ([`resolve`]), whose source comes from a file that may be read ([`files`]) or
//! whose exports come from the host ([`synthetic`]). The graph below it is loaded before any of it runs ([`graph`]); V8
//! asks back for each import, for `import()` and for `import.meta` ([`hooks`]).

mod catching;
mod component;
mod files;
mod graph;
mod hooks;
mod resolve;
mod synthetic;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use innerbox_binding::{Failure, Meter, OrPending};

pub(crate) use component::ComponentLoader;
use files::Files;
pub(crate) use resolve::{Kind, Target};

use crate::error::Error;

/// The modules of one context.
pub(crate) struct Modules {
    /// What may be imported, by every context of the sandbox.
    files: Rc<RefCell<Files>>,
    components: Rc<dyn ComponentLoader>,
    source_bytes: SourceBytes,
    /// False where a snapshot is made of the isolate: it could not hold them.
    available: Cell<bool>,
    records: RefCell<HashMap<Key, Record>>,
    /// The keys of the modules that have this identity hash.
    by_hash: RefCell<HashMap<i32, Vec<Key>>>,
}

/// What a module is known by: its URL or name, and as what it was imported.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) url: Rc<str>,
    pub(crate) kind: Kind,
}

/// A module that was loaded.
struct Record {
    module: v8::Global<v8::Module>,
    /// What each of its imports was resolved to.
    imports: HashMap<(String, Kind), Key>,
    /// The values of a module that is not made of source.
    exports: Option<v8::Global<v8::Object>>,
}

/// The source text that a sandbox may still load, shared by its scripts and its modules.
#[derive(Clone)]
pub(crate) struct SourceBytes(Rc<(Cell<usize>, usize, Meter)>);

impl SourceBytes {
    pub(crate) fn new(allowed: usize) -> Self {
        Self(Rc::new((Cell::new(0), allowed, Meter::default())))
    }

    /// Charges `bytes`.
    ///
    /// # Errors
    /// What would be used, and what is allowed, where that is less.
    pub(crate) fn charge(&self, bytes: usize) -> Result<(), (usize, usize)> {
        let (used, allowed, meter) = &*self.0;
        let sum = used.get().saturating_add(bytes);
        if sum > *allowed {
            meter.refused(sum);
            return Err((sum, *allowed));
        }
        used.set(sum);
        Ok(())
    }

    /// Bytes charged so far.
    pub(crate) fn used(&self) -> usize {
        self.0.0.get()
    }

    /// What was refused.
    pub(crate) fn meter(&self) -> &Meter {
        &self.0.2
    }

    fn left(&self) -> usize {
        let (used, allowed, _) = &*self.0;
        allowed - used.get()
    }
}

impl Modules {
    /// The modules of a sandbox, for its first context.
    pub(crate) fn new(
        isolate: &mut v8::Isolate,
        source_bytes: SourceBytes,
        components: Rc<dyn ComponentLoader>,
    ) -> Rc<Self> {
        hooks::install(isolate);
        Self::of_context(Rc::default(), source_bytes, components)
    }

    /// None as yet, for a further context of the same sandbox.
    pub(crate) fn another(&self) -> Rc<Self> {
        let (files, components) = (Rc::clone(&self.files), Rc::clone(&self.components));
        Self::of_context(files, self.source_bytes.clone(), components)
    }

    fn of_context(
        files: Rc<RefCell<Files>>,
        source_bytes: SourceBytes,
        components: Rc<dyn ComponentLoader>,
    ) -> Rc<Self> {
        let (records, by_hash) = (RefCell::default(), RefCell::default());
        Rc::new(Self { files, components, source_bytes, available: Cell::new(true), records, by_hash })
    }

    /// Refuses every import from now on: a snapshot is made of the isolate, and could hold no modules.
    pub(crate) fn refuse(&self) {
        self.available.set(false);
    }

    /// Puts them where [`of`](Self::of) finds them.
    pub(crate) fn attach(self: &Rc<Self>, context: v8::Local<v8::Context>) {
        context.set_slot(Rc::clone(self));
    }

    /// The modules of the current context.
    ///
    /// # Errors
    /// A host fault where it has none.
    pub(crate) fn of(scope: &v8::PinScope<'_, '_>) -> Result<Rc<Self>, Failure> {
        let context = scope.get_current_context();
        context.get_slot::<Self>().ok_or_else(|| fault("the context has no modules"))
    }

    /// Allows modules to be imported from the file or directory `path`.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened.
    pub(crate) fn allow(&self, path: &Path) -> Result<(), Error> {
        self.files.borrow_mut().allow(path).map_err(|source| Error::Io {
            what: "open",
            path: path.to_owned(),
            source,
        })
    }

    /// Reads a component from the file of this URL or absolute path, which must be one that may be imported.
    ///
    /// # Errors
    /// As importing it.
    pub(crate) fn component_file(&self, url: &str) -> Result<(PathBuf, Vec<u8>), Failure> {
        graph::component(self, url)
    }

    /// Loads, links and evaluates a module and all that it imports. The promise is that of its evaluation.
    ///
    /// # Errors
    /// What is wrong with the graph; then nothing of it has run, and it is loaded anew when it is next asked for.
    pub(crate) fn import<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        target: Target,
    ) -> Result<(v8::Local<'s, v8::Module>, v8::Local<'s, v8::Promise>), Failure> {
        let module = self.link(scope, target)?;
        Ok((module, Self::evaluate(scope, module)?))
    }

    /// The first half of [`import`](Self::import): what runs in it is the host's own.
    ///
    /// # Errors
    /// As [`import`](Self::import).
    pub(crate) fn link<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        target: Target,
    ) -> Result<v8::Local<'s, v8::Module>, Failure> {
        graph::link(self, scope, target)
    }

    /// The second half of [`import`](Self::import).
    ///
    /// # Errors
    /// Where V8 was told to stop.
    pub(crate) fn evaluate<'s>(
        scope: &v8::PinScope<'s, '_>,
        module: v8::Local<'s, v8::Module>,
    ) -> Result<v8::Local<'s, v8::Promise>, Failure> {
        let promise = module.evaluate(scope).or_pending()?;
        promise.try_into().map_err(|_| fault("a module's evaluation is no promise"))
    }

    /// Drops all modules: call before the isolate is disposed, or when nobody has the context any more.
    pub(crate) fn clear(&self) {
        self.records.borrow_mut().clear();
        self.by_hash.borrow_mut().clear();
    }

    fn add(&self, key: Key, module: v8::Local<v8::Module>, record: Record) {
        let hash = module.get_identity_hash().get();
        self.by_hash.borrow_mut().entry(hash).or_default().push(key.clone());
        self.records.borrow_mut().insert(key, record);
    }

    fn remove(&self, keys: &[Key]) {
        let mut records = self.records.borrow_mut();
        for key in keys {
            records.remove(key);
        }
        for known in self.by_hash.borrow_mut().values_mut() {
            known.retain(|key| !keys.contains(key));
        }
    }

    fn get<'s>(&self, scope: &v8::PinScope<'s, '_>, key: &Key) -> Option<v8::Local<'s, v8::Module>> {
        let records = self.records.borrow();
        records.get(key).map(|record| v8::Local::new(scope, &record.module))
    }

    /// The key of a module that V8 names.
    fn key_of(&self, module: v8::Local<v8::Module>) -> Result<Key, Failure> {
        let (records, by_hash) = (self.records.borrow(), self.by_hash.borrow());
        let mut candidates = by_hash.get(&module.get_identity_hash().get()).into_iter().flatten();
        let is_it = |key: &&Key| records.get(key).is_some_and(|record| record.module == module);
        candidates.find(is_it).cloned().ok_or_else(|| fault("V8 names a module that was never loaded"))
    }
}

fn fault(what: &str) -> Failure {
    Failure::error(format!("host fault: {what}")).code("ERR_HOST_FAULT")
}
