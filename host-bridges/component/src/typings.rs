//! TypeScript declarations of a component, from the plan that the crossing itself follows.
//!
//! Declared is what [`bind`](crate::bind) defines and nothing else: each interface as the module of its own name, and the
//! component's module, which has the interfaces under each of their names. Where an argument may be more than an answer
//! is (an array of numbers for a `Uint8Array`, a field left out), both are written.
//!
//! 1. `module` lays out the modules.
//! 2. `members` declares what an exported interface has, `imports` what JavaScript has to give for one that is imported.
//! 3. `named` declares the named types that an interface uses, `function` its functions.
//! 4. `types` finds those types, and writes types as expressions.
//! 5. `docs` reads the doc comments of WIT files, which a component does not carry.

mod docs;
mod function;
mod imports;
mod members;
mod module;
mod named;
mod names;
mod text;
mod types;

use crate::plan::{Function, FunctionId, Interface, Plan, Resource, upper_camel};
use names::{Names, identifier, quoted};
use text::Text;
use types::Side;

pub use docs::WitDocs;

/// The classes of errors that every realm with components has. They are written so that the declarations of many
/// components may stand in one program: interfaces merge, and a `var` may be declared again.
const ERRORS: &str = include_str!("typings/errors.d.ts");

/// The declarations of the component that scripts import as `name`, as the text of a `.d.ts` file.
///
/// # Examples
/// ```
/// use innerbox_bridge_component::plan::Plan;
/// use innerbox_bridge_component::typings::{WitDocs, typings};
///
/// let text = typings("empty", &Plan::default(), &WitDocs::default());
/// assert!(text.contains("declare module 'empty' {"));
/// ```
pub fn typings(name: &str, plan: &Plan, docs: &WitDocs) -> String {
    let component = Component::new(name, plan, docs);
    let mut text = Text::default();
    text.line(&format!("// The component {}, as `innerbox types` declares it.", quoted(name)));
    text.line("/// <reference lib=\"esnext\" />");
    component.modules(&mut text);
    component.instantiation(&mut text);
    text.blank();
    text.lines(ERRORS);
    text.into_string()
}

/// Whose functions an interface has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The component's, which scripts call.
    Component,
    /// JavaScript's, which the component calls.
    Script,
}

impl Origin {
    /// What a parameter is to a script.
    fn params(self) -> Side {
        match self {
            Self::Component => Side::Argument,
            Self::Script => Side::Answer,
        }
    }

    /// What a result is to a script.
    fn result(self) -> Side {
        match self {
            Self::Component => Side::Answer,
            Self::Script => Side::Argument,
        }
    }
}

/// What is declared.
struct Component<'a> {
    name: &'a str,
    plan: &'a Plan,
    docs: &'a WitDocs,
    /// The name of the type of what it imports.
    imports: String,
    /// The names of what it imports in there, in the plan's order.
    given: Vec<String>,
}

impl<'a> Component<'a> {
    fn new(name: &'a str, plan: &'a Plan, docs: &'a WitDocs) -> Self {
        let classes = plan.resources.iter().map(|resource| resource.js_name.clone());
        let types = plan.type_names.iter().map(|name| upper_camel(&name.name));
        let imports = Names::beside(&classes.chain(types).collect::<Vec<_>>()).claim("Imports");
        let mut names = Names::default();
        let given = plan.given.iter().map(|interface| names.claim(&imports::type_name(interface))).collect();
        Self { name, plan, docs, imports, given }
    }

    fn function(&self, origin: Origin, id: FunctionId) -> &'a Function {
        match origin {
            Origin::Component => &self.plan.functions[id],
            Origin::Script => &self.plan.imported[id],
        }
    }

    fn has_method(&self, resource: &Resource, js_name: &str) -> bool {
        let origin = if resource.given { Origin::Script } else { Origin::Component };
        resource.methods.iter().any(|id| self.function(origin, *id).js_name == js_name)
    }

    /// True for an interface that is a module of its own. One that the world defines in place has no name to import it by.
    fn is_module(&self, interface: &Interface) -> bool {
        interface.name.contains(':') && interface.name != self.name
    }

    /// How the class of another interface is written.
    fn class_elsewhere(&self, resource: &Resource) -> String {
        let is_its = |interface: &&Interface| interface.name == resource.interface;
        if resource.given {
            let position = self.plan.given.iter().position(|interface| is_its(&interface));
            let owner = position.map_or("", |position| &self.given[position]);
            let class = identifier(&resource.js_name);
            return format!("import({}).{}.{owner}.{class}", quoted(self.name), self.imports);
        }
        match self.plan.interfaces.iter().find(is_its) {
            Some(owner) if !self.is_module(owner) => {
                format!("import({}).{}.{}", quoted(self.name), owner.js_name, resource.js_name)
            }
            _ => format!("import({}).{}", quoted(&resource.interface), resource.js_name),
        }
    }
}
