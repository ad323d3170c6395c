//! The modules of a component: its own, and one for each interface that has a name to import it by.

use std::collections::HashSet;

use super::Component;
use super::members::{Exports, Members};
use super::names::{Names, identifier, quoted};
use super::text::Text;
use crate::plan::{FunctionId, Interface};

impl Component<'_> {
    /// Declares all modules: first the one that scripts import by the component's name.
    pub(super) fn modules(&self, text: &mut Text) {
        text.blank();
        text.block(&format!("declare module {}", quoted(self.name)), |text| self.own_module(text));
        let mut declared = HashSet::new();
        for interface in self.plan.interfaces.iter().filter(|interface| self.is_module(interface)) {
            let members = Members::of(self, interface, &HashSet::new(), &mut Names::default());
            text.blank();
            text.comment(self.docs.of_interface(&interface.name));
            text.block(&format!("declare module {}", quoted(&interface.name)), |text| {
                members.write(text);
                members.close(text);
            });
            let short = unversioned(&interface.name);
            if short != interface.name && declared.insert(short) {
                text.blank();
                text.block(&format!("declare module {}", quoted(short)), |text| {
                    all_of(text, interface, &members.exports());
                });
            }
        }
    }

    /// The module of the component itself. As where it is bound, the first of two with one name is the one.
    fn own_module(&self, text: &mut Text) {
        let named: Vec<_> =
            self.plan.interfaces.iter().filter(|interface| !interface.name.is_empty()).collect();
        let mut taken = HashSet::new();
        let mut types = Vec::new();
        for interface in &named {
            let exports = self.interface_exports(text, interface, named.len() == 1, &mut taken);
            types.extend(exports.into_iter().flat_map(|exports| exports.types));
        }
        let mut names = Names::beside(taken.iter().chain(&types));
        if let Some(own) = self.plan.interfaces.iter().find(|interface| interface.name.is_empty()) {
            let is_hidden = |id: &&FunctionId| taken.contains(&self.plan.functions[**id].js_name);
            let hidden = own.functions.iter().filter(is_hidden).copied().collect();
            let members = Members::of(self, own, &hidden, &mut names);
            members.write(text);
            taken.extend(members.exports().values().cloned());
        }
        self.imports(text);
        default_export(text, self.name, &taken, &mut names);
    }

    /// Exports an interface under its names, and where it is the only one its members, which are given back.
    fn interface_exports(
        &self,
        text: &mut Text,
        interface: &Interface,
        is_sole: bool,
        taken: &mut HashSet<String>,
    ) -> Option<Exports> {
        let members = Members::of(self, interface, &HashSet::new(), &mut Names::default());
        let exports = members.exports();
        let keys = [interface.js_name.as_str(), &interface.name, unversioned(&interface.name)];
        let keys: Vec<_> = keys.into_iter().filter(|key| taken.insert((*key).to_owned())).collect();
        match self.is_module(interface) {
            true => reexports(text, interface, &keys, is_sole.then_some(&exports)),
            false => self.namespace(text, interface, &members, &keys),
        }
        if !is_sole {
            return None;
        }
        if !self.is_module(interface) {
            aliases(text, interface, &exports, taken);
        }
        taken.extend(exports.values().cloned());
        Some(exports)
    }

    /// An interface that is no module, under its names.
    fn namespace(&self, text: &mut Text, interface: &Interface, members: &Members<'_>, keys: &[&str]) {
        let name = identifier(&interface.js_name);
        text.remark(self.docs.of_interface(&interface.name));
        text.block(&format!("namespace {name}"), |text| {
            members.write(text);
            members.close(text);
        });
        let keys = keys.iter().map(|key| match *key == name {
            true => name.clone(),
            false => format!("{name} as {}", quoted(key)),
        });
        text.line(&format!("export {{ {} }};", keys.collect::<Vec<_>>().join(", ")));
    }
}

/// The default export of the component's module: an object with all others. The modules of interfaces have one too; it is
/// not declared, for it would be declared of the interface under its other names as well, where it is not.
fn default_export(text: &mut Text, module: &str, taken: &HashSet<String>, names: &mut Names) {
    if taken.contains("default") {
        return;
    }
    let name = names.claim("exports");
    text.remark("All of it as one object.");
    text.line(&format!("const {name}: Omit<typeof import({}), 'default'>;", quoted(module)));
    text.line(&format!("export default {name};"));
}

/// Exports what an interface's module exports.
fn all_of(text: &mut Text, interface: &Interface, members: &Exports) {
    text.line(&format!("export * from {};", quoted(&interface.name)));
    if members.values().any(|name| name == "default") {
        text.line(&format!("export {{ default }} from {};", quoted(&interface.name)));
    }
}

/// An interface under its names, and its members where it is the only one.
fn reexports(text: &mut Text, interface: &Interface, keys: &[&str], members: Option<&Exports>) {
    if let Some(members) = members {
        all_of(text, interface, members);
    }
    for key in keys {
        let key = if *key == interface.js_name { (*key).to_owned() } else { quoted(key) };
        text.line(&format!("export * as {key} from {};", quoted(&interface.name)));
    }
}

/// The members of a namespace as exports of the module around it.
fn aliases(text: &mut Text, interface: &Interface, exports: &Exports, taken: &HashSet<String>) {
    let namespace = identifier(&interface.js_name);
    let values = exports.classes.iter().chain(&exports.functions);
    for (outside, inside) in values.filter(|(outside, _)| !taken.contains(outside)) {
        match outside == inside {
            true => text.line(&format!("export import {inside} = {namespace}.{outside};")),
            false => {
                text.line(&format!("const {inside}: typeof {namespace}.{outside};"));
                text.line(&format!("export {{ {inside} as {outside} }};"));
            }
        }
    }
    for name in &exports.types {
        text.line(&format!("export import {name} = {namespace}.{name};"));
    }
}

fn unversioned(name: &str) -> &str {
    name.split('@').next().unwrap_or_default()
}
