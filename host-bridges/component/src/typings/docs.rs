//! Doc comments of WIT files. A component carries none, so they are matched to it by name.

use std::collections::HashMap;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use wit_parser::{
    Docs, Function, Interface, SourceMap, TypeDef, TypeDefKind, UnresolvedPackage, World, WorldItem, WorldKey,
};

use crate::plan::{Plan, TypeNameId, lower_camel};

/// Doc comments of WIT, by what they describe. Of nothing known there is nothing said.
#[derive(Debug, Default)]
pub struct WitDocs {
    /// By the full name of an interface (empty for the world itself), and what of it.
    texts: HashMap<(String, String), String>,
}

impl WitDocs {
    /// Reads a `.wit` file, or a folder of them with what it depends on in `deps`. Nothing that a file refers to has to be
    /// there.
    ///
    /// # Errors
    /// Where a file cannot be read or is no WIT; the message has the place.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let mut docs = Self::default();
        docs.package(path)?;
        let dependencies = path.join("deps");
        if dependencies.is_dir() {
            for entry in entries(&dependencies)? {
                if entry.is_dir() || is_wit(&entry) {
                    docs.package(&entry)?;
                }
            }
        }
        Ok(docs)
    }

    /// Reads the files of one package.
    fn package(&mut self, path: &Path) -> Result<(), Error> {
        let files = match path.is_dir() {
            true => entries(path)?.into_iter().filter(|entry| is_wit(entry)).collect(),
            false => vec![path.to_owned()],
        };
        let mut sources = SourceMap::default();
        for file in files {
            sources.push(&file, fs::read_to_string(&file)?);
        }
        let group = sources
            .parse()
            .map_err(|(sources, error)| Error::new(ErrorKind::InvalidData, error.render(&sources)))?;
        std::iter::once(&group.main).chain(&group.nested).for_each(|package| self.harvest(package));
        Ok(())
    }

    fn harvest(&mut self, package: &UnresolvedPackage) {
        for (_, interface) in package.interfaces.iter() {
            if let Some(name) = &interface.name {
                self.interface(&package.name.interface_id(name), interface, package);
            }
        }
        for (_, world) in package.worlds.iter() {
            self.world(world, package);
        }
    }

    fn world(&mut self, world: &World, package: &UnresolvedPackage) {
        for (key, item) in world.imports.iter().chain(&world.exports) {
            match (key, item) {
                (WorldKey::Name(name), WorldItem::Interface { id, .. }) => {
                    self.interface(name, &package.interfaces[*id], package);
                }
                (_, WorldItem::Function(function)) => self.function("", function),
                (_, WorldItem::Type { id, .. }) => self.ty("", &package.types[*id]),
                (WorldKey::Interface(_), WorldItem::Interface { .. }) => {}
            }
        }
    }

    fn interface(&mut self, name: &str, interface: &Interface, package: &UnresolvedPackage) {
        self.enter(name, String::new(), &interface.docs);
        interface.types.values().for_each(|id| self.ty(name, &package.types[*id]));
        interface.functions.values().for_each(|function| self.function(name, function));
    }

    fn function(&mut self, interface: &str, function: &Function) {
        self.enter(interface, function.name.clone(), &function.docs);
    }

    fn ty(&mut self, interface: &str, ty: &TypeDef) {
        let Some(name) = &ty.name else { return };
        self.enter(interface, name.clone(), &ty.docs);
        let mut member = |member: &str, docs: &Docs| self.enter(interface, key(name, member), docs);
        match &ty.kind {
            TypeDefKind::Record(record) => {
                record.fields.iter().for_each(|field| member(&lower_camel(&field.name), &field.docs));
            }
            TypeDefKind::Flags(flags) => {
                flags.flags.iter().for_each(|flag| member(&lower_camel(&flag.name), &flag.docs));
            }
            TypeDefKind::Variant(variant) => {
                variant.cases.iter().for_each(|case| member(&case.name, &case.docs));
            }
            TypeDefKind::Enum(cases) => cases.cases.iter().for_each(|case| member(&case.name, &case.docs)),
            _ => {}
        }
    }

    /// Enters a text, for the interface's version and, where nothing else has that name, for any.
    fn enter(&mut self, interface: &str, item: String, docs: &Docs) {
        let Some(text) = &docs.contents else { return };
        for name in [interface, unversioned(interface)] {
            self.texts.entry((name.to_owned(), item.clone())).or_insert_with(|| text.clone());
        }
    }

    fn find(&self, interface: &str, item: &str) -> Option<&str> {
        let get = |interface: &str| self.texts.get(&(interface.to_owned(), item.to_owned()));
        get(interface).or_else(|| get(unversioned(interface))).map(String::as_str)
    }

    /// What is said of an interface; nothing where its name is empty.
    pub(super) fn of_interface(&self, interface: &str) -> &str {
        self.find(interface, "").unwrap_or_default()
    }

    /// What is said of a function or a resource.
    pub(super) fn of_item(&self, interface: &str, name: &str) -> &str {
        self.find(interface, name).unwrap_or_default()
    }

    /// What is said of a named type, or of what it is another name for.
    pub(super) fn of_type(&self, plan: &Plan, id: TypeNameId) -> &str {
        self.along(plan, id, |name| name.to_owned())
    }

    /// What is said of a field, flag or case of a named type.
    pub(super) fn of_member(&self, plan: &Plan, id: TypeNameId, member: &str) -> &str {
        self.along(plan, id, |name| key(name, member))
    }

    fn along(&self, plan: &Plan, id: TypeNameId, item: impl Fn(&str) -> String) -> &str {
        let names = std::iter::successors(Some(id), |id| plan.type_names[*id].alias_of);
        let mut texts = names
            .map(|id| &plan.type_names[id])
            .filter_map(|name| self.find(&name.interface, &item(&name.name)));
        texts.next().unwrap_or_default()
    }
}

/// No name of WIT has a colon in it.
fn key(name: &str, member: &str) -> String {
    format!("{name}:{member}")
}

fn unversioned(interface: &str) -> &str {
    interface.split('@').next().unwrap_or_default()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut entries =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}

fn is_wit(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|extension| extension == "wit")
}
