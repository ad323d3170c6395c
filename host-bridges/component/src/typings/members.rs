//! What an exported interface has: named types, functions, classes.

use std::collections::HashSet;

use super::names::Names;
use super::text::Text;
use super::types::Types;
use super::{Component, Origin};
use crate::plan::{FunctionId, Interface, Resource, ResourceId, Role};

/// The members of an interface, named for the scope they stand in.
pub(super) struct Members<'a> {
    component: &'a Component<'a>,
    interface: &'a Interface,
    types: Types<'a>,
    functions: Vec<(FunctionId, String)>,
}

impl<'a> Members<'a> {
    /// The members of an interface, but not the functions that the module has no room for.
    pub(super) fn of(
        component: &'a Component<'a>,
        interface: &'a Interface,
        hidden: &HashSet<FunctionId>,
        names: &mut Names,
    ) -> Self {
        let mut functions = Vec::new();
        for id in interface.functions.iter().filter(|id| !hidden.contains(*id)) {
            functions.push((*id, names.claim(&component.plan.functions[*id].js_name)));
        }
        let types = Types::of(component, Origin::Component, interface, names);
        Self { component, interface, types, functions }
    }

    /// The names under which the scope exports them, each with its name inside.
    pub(super) fn exports(&self) -> Exports {
        let plan = self.component.plan;
        let function =
            |(id, name): &(FunctionId, String)| (plan.functions[*id].js_name.clone(), name.clone());
        let class = |id: &ResourceId| (plan.resources[*id].js_name.clone(), self.types.classes[id].clone());
        let types =
            self.types.named.iter().flat_map(|named| named.forms().iter().map(|side| named.name(*side)));
        Exports {
            functions: self.functions.iter().map(function).collect(),
            classes: self.interface.resources.iter().map(class).collect(),
            types: types.map(str::to_owned).collect(),
        }
    }

    /// Declares them all. What is not declared as exported is not: the scope has to have an `export` of names, or a default.
    pub(super) fn write(&self, text: &mut Text) {
        self.types.write(text);
        text.blank();
        self.functions.iter().for_each(|(id, name)| self.function(text, *id, name));
        for id in &self.interface.resources {
            text.blank();
            self.class(text, *id);
        }
        let renamed: Vec<_> = self.exports().renamed().collect();
        if !renamed.is_empty() {
            text.blank();
            text.line(&format!("export {{ {} }};", renamed.join(", ")));
        }
    }

    /// Ends a scope that has no `export` of names by itself, where it would export what is there for itself only.
    pub(super) fn close(&self, text: &mut Text) {
        if self.types.bytes.is_some() && self.exports().renamed().next().is_none() {
            text.blank();
            text.line("export {};");
        }
    }

    fn function(&self, text: &mut Text, id: FunctionId, name: &str) {
        let function = &self.component.plan.functions[id];
        let export = if name == function.js_name { "export " } else { "" };
        self.types.function(text, function, &format!("{export}function {name}"));
    }

    fn class(&self, text: &mut Text, id: ResourceId) {
        let plan = self.component.plan;
        let resource = &plan.resources[id];
        let name = &self.types.classes[&id];
        let export = if *name == resource.js_name { "export " } else { "" };
        text.comment(self.component.docs.of_item(&resource.interface, &resource.name));
        text.block(&format!("{export}class {name} implements Disposable"), |text| {
            self.class_body(text, resource)
        });
    }

    fn class_body(&self, text: &mut Text, resource: &Resource) {
        let plan = self.component.plan;
        // With it, TypeScript takes no object of another shape or class for one of this class; nor do components.
        text.line("#private;");
        match resource.constructor {
            Some(id) => self.types.function(text, &plan.functions[id], "constructor"),
            None => text.line("private constructor();"),
        }
        for id in resource.statics.iter().chain(&resource.methods) {
            let function = &plan.functions[*id];
            let name = match function.js_name.as_str() {
                "constructor" => "['constructor']",
                name => name,
            };
            let head = match function.role {
                Role::Static(_) => format!("static {name}"),
                _ => name.to_owned(),
            };
            self.types.function(text, function, &head);
        }
        text.remark("Drops the resource, as the end of a block does for what is declared with `using`.");
        text.line("[Symbol.dispose](): void;");
    }
}

/// What a scope exports: by the name outside, the name inside.
pub(super) struct Exports {
    pub(super) functions: Vec<(String, String)>,
    pub(super) classes: Vec<(String, String)>,
    pub(super) types: Vec<String>,
}

impl Exports {
    /// Every name that scripts see.
    pub(super) fn values(&self) -> impl Iterator<Item = &String> {
        self.classes.iter().chain(&self.functions).map(|(outside, _)| outside)
    }

    fn renamed(&self) -> impl Iterator<Item = String> {
        let values = self.functions.iter().chain(&self.classes).filter(|(outside, inside)| outside != inside);
        values.map(|(outside, inside)| format!("{inside} as {outside}"))
    }
}
