//! Names of components that JavaScript has other plans for.

use innerbox::{Extension, ExtensionError, Sandbox};

use crate::support::{DOORS, ENGINE, component_of};

/// A resource with the members `functions`, and a class of it.
fn resource(functions: &str) -> Vec<u8> {
    component_of(&format!(
        "package a:b; world w {{ export i: interface {{ resource r {{ {functions} }} }} }}"
    ))
}

#[test]
fn what_every_class_has_may_be_a_function_of_the_component() {
    let functions =
        "%constructor: func(); name-of: static func(); name: static func(); length: static func(a: u8);";
    let source = "
        import { R } from 'names';
        const kinds = [R.name, R.length, R.nameOf, R.prototype.constructor].map((member) => typeof member);
        let trapped = '';
        try { R.length(1); } catch (error) { trapped = error.name; }
        export default [...kinds, R.length.name, trapped, Object.keys(R).length].join();
    ";
    for door in DOORS {
        let extension = Extension::from_bytes_by(&ENGINE, "names", &resource(functions), door).unwrap();
        let mut sandbox = Sandbox::builder(&ENGINE).extension(&extension).build().unwrap();
        let found: String = sandbox.run_module_source("main.js", source).into_value().unwrap();
        assert_eq!(found, "function,function,function,function,length,TrapError,0");
    }
}

#[test]
fn names_that_javascript_cannot_tell_apart_are_refused() {
    let world = |items: &str| component_of(&format!("package a:b; world w {{ {items} }}"));
    let cases = [
        (
            resource("prototype: static func();"),
            "`[static]r.prototype` uses a name that every class has for itself",
        ),
        (
            resource("a-1: func(); a1: func();"),
            "`[method]r.a1` uses a name that is `a1` in JavaScript, as another one is",
        ),
        (
            resource("a-1: static func(); a1: static func();"),
            "`[static]r.a1` uses a name that is `a1` in JavaScript",
        ),
        (world("export a-1: func(); export a1: func();"), "`a1` uses a name that is `a1` in JavaScript"),
        (
            world("export i: interface { resource a1; resource a-1; }"),
            "`a-1` uses a name that is `A1` in JavaScript",
        ),
        (
            world("record r { a1: u8, a-1: u8 } export f: func(r: r);"),
            "`f` uses two fields that are `a1` in JavaScript",
        ),
        (
            world("flags r { a1, a-1 } export f: func(r: r);"),
            "`f` uses two flags that are `a1` in JavaScript",
        ),
    ];
    for (component, reason) in cases {
        let Err(ExtensionError::Component { source, .. }) =
            Extension::from_bytes(&ENGINE, "names", &component)
        else {
            panic!("not refused: {reason}");
        };
        assert!(source.to_string().contains(reason), "{source:#}, not {reason}");
    }
    // A method and a static function may have one name, and so may two interfaces.
    for component in [
        resource("a1: func(); a-1: static func();"),
        world("export i: interface { a1: func(); } export a1: func(); export j: interface { a-1: func(); }"),
    ] {
        Extension::from_bytes(&ENGINE, "names", &component).unwrap();
    }
}
