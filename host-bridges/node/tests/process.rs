//! `process`, the globals of Node.js, and what modules export.

mod support;

use std::cell::Cell;
use std::rc::Rc;

use innerbox_bridge_node::{Options, specifiers};

#[track_caller]
fn check(script: &str, expected: &str) {
    check_with(script, expected, Options::default());
}

#[track_caller]
fn check_with(script: &str, expected: &str, options: Options) {
    let printed = support::run(script, options);
    assert_eq!(printed.trim(), expected.trim(), "{script}");
}

#[test]
fn process_tells_what_it_was_lent() {
    let options = Options {
        arguments: vec!["innerbox".into(), "/app/main.js".into(), "--flag".into()],
        environment: vec![("HOME".into(), "/app".into()), ("EMPTY".into(), String::new())],
        cwd: "/app/./x/..".into(),
        ..Options::default()
    };
    check_with(
        "
        console.log(process.argv, process.env, process.cwd(), require('path').resolve('a'));
        console.log(process.platform, typeof process.arch, process.versions.node, process.versions.innerbox !== undefined);
        console.log(require('node:process') === process, global === globalThis, Object.prototype.toString.call(process));
        console.log(process.env.PATH, 'HOME' in process.env, process.exitCode, process.pid);",
        "
[ 'innerbox', '/app/main.js', '--flag' ] { HOME: '/app', EMPTY: '' } /app /app/a
linux string 20.20.2 true
true true [object process]
undefined true undefined 1",
        options,
    );
}

#[test]
fn the_streams_write_what_the_console_writes_to() {
    check(
        "
        process.stdout.write('part '); process.stdout.write(Buffer.from('é')); process.stderr.write(' err\\n');
        process.stdout.write('x\\n', () => console.log('written'));
        try { process.stdout.write(5); } catch (error) { console.log(error.code); }
        console.log(process.stdout.isTTY, process.stderr.fd);",
        "part é err\nx\nERR_INVALID_ARG_TYPE\nfalse 2\nwritten",
    );
}

#[test]
fn exit_is_asked_of_the_host_and_never_returns() {
    let code = Rc::new(Cell::new(None));
    let seen = Rc::clone(&code);
    let options = Options { exit: Box::new(move |code| seen.set(Some(code))), ..Options::default() };
    check_with(
        "
        process.on('exit', (code) => console.log('exit', code));
        process.exit(7);
        console.log('not reached');",
        "exit 7\nUncaught Error: the script ended the run: process.exit(7)",
        options,
    );
    assert_eq!(code.get(), Some(7));
}

#[test]
fn clocks_and_ticks() {
    check(
        "
        const [seconds, nanoseconds] = process.hrtime(); const big = process.hrtime.bigint();
        console.log(seconds, nanoseconds % 1e6, typeof big, big % 1000000n, process.hrtime([seconds, nanoseconds]).length);
        console.log(process.uptime() < 60, process.memoryUsage().heapUsed > 0);
        setImmediate((value) => console.log('immediate', value), 1);
        clearImmediate(setImmediate(() => console.log('never')));
        process.nextTick((value) => console.log('tick', value), 2);
        queueMicrotask(() => console.log('microtask'));
        console.log('sync');",
        "0 0 bigint 0n 2\ntrue true\nsync\ntick 2\nmicrotask\nimmediate 1",
    );
}

#[test]
fn every_specifier_has_exports() {
    let list = specifiers().join(" ");
    check(
        &format!(
            "
        const modules = '{list}'.split(' ').map(require);
        console.log(modules.every((module) => typeof module === 'object' || typeof module === 'function'));
        console.log(require('fs') === require('node:fs'), require('fs/promises') === require('fs').promises);
        console.log(require('buffer').Buffer === Buffer, require('assert').strict === require('assert/strict'));
        try {{ require('node:child_process'); }} catch (error) {{ console.log(error.message, error.code); }}"
        ),
        "
true
true true
true true
no built-in module is called `node:child_process` ERR_UNKNOWN_BUILTIN_MODULE",
    );
}

#[test]
fn what_a_module_exports_is_made_once_and_is_complete() {
    support::with_context(Options::default(), |scope| {
        let first = innerbox_bridge_node::exports(scope, "node:fs").expect("exports");
        let second = innerbox_bridge_node::exports(scope, "fs").expect("exports");
        assert!(first == second);
        for name in ["default", "readFileSync", "promises", "constants"] {
            let key = v8::String::new(scope, name).expect("a name");
            assert_eq!(first.has_own_property(scope, key.into()), Some(true), "{name}");
        }
        assert!(innerbox_bridge_node::exports(scope, "node:vm").is_err());
        assert_eq!(innerbox_bridge_node::exit_code(scope), None);
    });
}
