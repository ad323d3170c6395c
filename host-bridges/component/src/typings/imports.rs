//! What JavaScript has to give for what a component imports, and the module that takes it.

use super::names::{Names, quoted};
use super::text::Text;
use super::types::Types;
use super::{Component, Origin};
use crate::plan::{Interface, Resource, ResourceId};

/// An export that runs off the thread. A signal is what an `AbortSignal` is, which the language itself does not have.
const PROMISING: &str = "\
interface Promising {
  /** The same export as a function that gives a promise, and runs off the thread. */
  <This, Parameters extends unknown[], Result>(
    fn: (this: This, ...parameters: Parameters) => Result,
    options?: { signal?: { readonly aborted: boolean; readonly reason: any; throwIfAborted(): void } | undefined },
  ): (this: This, ...parameters: Parameters) => Promise<Result>;
}
export var promising: Promising;";

/// The type of what is given for an interface, without regard to names that are taken.
pub(super) fn type_name(interface: &Interface) -> String {
    let mut letters = interface.js_name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "World".to_owned(),
    }
}

impl Component<'_> {
    /// Declares the type of what the component imports, where it imports anything that JavaScript gives.
    pub(super) fn imports(&self, text: &mut Text) {
        if self.plan.given.is_empty() {
            return;
        }
        let name = &self.imports;
        let interfaces = self.plan.given.iter().zip(&self.given);
        let all: Vec<_> =
            interfaces.clone().map(|(interface, given)| self.under_its_names(interface, given)).collect();
        text.remark("What has to be given for what the component imports.");
        text.line(&format!("export type {name} = {};", all.join(" & ")));
        text.blank();
        text.block(&format!("export namespace {name}"), |text| {
            interfaces.for_each(|(interface, given)| self.given_interface(text, interface, given));
        });
    }

    /// The functions of the world itself are given as they are; an interface under one of its names.
    fn under_its_names(&self, interface: &Interface, given: &str) -> String {
        let ty = format!("{}.{given}.Given", self.imports);
        if interface.name.is_empty() {
            return ty;
        }
        let short = interface.name.split('@').next().unwrap_or_default();
        let mut names = vec![interface.name.as_str(), short, interface.js_name.as_str()];
        names.dedup();
        let names: Vec<_> = names.iter().map(|name| format!("{{ {}: {ty} }}", quoted(name))).collect();
        match names.len() == 1 || self.plan.given.len() == 1 {
            true => names.join(" | "),
            false => format!("({})", names.join(" | ")),
        }
    }

    fn given_interface(&self, text: &mut Text, interface: &Interface, given: &str) {
        text.blank();
        text.block(&format!("namespace {given}"), |text| {
            let mut names = Names::beside([&"Given".to_owned()]);
            let types = Types::of(self, Origin::Script, interface, &mut names);
            types.write(text);
            if types.bytes.is_some() {
                text.line("export {};");
            }
            interface.resources.iter().for_each(|id| self.given_object(text, &types, *id));
            text.blank();
            text.comment(self.docs.of_interface(&interface.name));
            text.block("export interface Given", |text| {
                for id in &interface.functions {
                    let function = self.function(Origin::Script, *id);
                    types.function(text, function, method(&function.js_name));
                }
                interface.resources.iter().for_each(|id| self.given_class(text, &types, *id));
            });
        });
    }

    /// The objects of a class that is given.
    fn given_object(&self, text: &mut Text, types: &Types<'_>, id: ResourceId) {
        let resource = &self.plan.resources[id];
        text.remark(self.docs.of_item(&resource.interface, &resource.name));
        text.block(&format!("export interface {}", types.classes[&id]), |text| {
            for id in &resource.methods {
                let function = self.function(Origin::Script, *id);
                types.function(text, function, method(&function.js_name));
            }
            text.remark("Called when the component drops one that it owns.");
            text.line("[Symbol.dispose]?(): void;");
        });
    }

    /// The class itself. What the component never makes may be made in any way.
    fn given_class(&self, text: &mut Text, types: &Types<'_>, id: ResourceId) {
        let resource = &self.plan.resources[id];
        let object = &types.classes[&id];
        text.blank();
        text.line(&format!("{}: {{", resource.js_name));
        text.nested(|text| self.given_statics(text, types, resource, object));
        text.line("};");
    }

    fn given_statics(&self, text: &mut Text, types: &Types<'_>, resource: &Resource, object: &str) {
        match resource.constructor {
            Some(id) => types.function(text, self.function(Origin::Script, id), "new "),
            None => text.line(&format!("readonly prototype: {object};")),
        }
        for id in &resource.statics {
            let function = self.function(Origin::Script, *id);
            types.function(text, function, method(&function.js_name));
        }
    }

    /// Declares what scripts do with whole components. Interfaces merge: each component's declarations add to these.
    pub(super) fn instantiation(&self, text: &mut Text) {
        let (name, imports) = (quoted(self.name), &self.imports);
        let params = match self.plan.given.is_empty() {
            true => format!("component: {name}, imports?: object"),
            false => format!("component: {name}, imports: import({name}).{imports}"),
        };
        text.blank();
        text.block("declare module 'innerbox:component'", |text| {
            text.block("interface Instantiate", |text| {
                text.comment("An instance of its own, with the imports that are given.");
                text.line(&format!("({params}): Omit<typeof import({name}), 'default'>;"));
            });
            text.line("export var instantiate: Instantiate;");
            text.blank();
            text.lines(PROMISING);
        });
    }
}

/// The head of a method in an interface, where `new(..)` would be what a class is called by.
fn method(js_name: &str) -> &str {
    if js_name == "new" { "'new'" } else { js_name }
}
