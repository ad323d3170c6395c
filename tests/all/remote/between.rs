//! References from one sandbox into another, on the same thread and on others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use innerbox::{Limits, Outcome, Pool, PoolOptions, Reference, Sandbox, Tenant, Value};

use super::{limited, sandbox, thrown, told};
use crate::support::ENGINE;

fn pool(threads: usize) -> Pool {
    pool_with(threads, Limits { wall: Some(Duration::from_secs(20)), ..Limits::default() })
}

fn pool_with(threads: usize, limits: Limits) -> Pool {
    let options = PoolOptions { threads, queued: 1000, ready: 0 };
    Pool::new(&ENGINE, options, move |engine| Sandbox::builder(engine).limits(limits).build()).unwrap()
}

fn lend(from: &Tenant, source: &str, to: &Tenant, name: &str) {
    let reference: Reference = from.eval_into(source).wait().unwrap().into_returned().unwrap();
    to.set_global(name, reference).wait().unwrap().into_returned().unwrap();
}

fn text(tenant: &Tenant, source: &str) -> String {
    tenant.eval(source).wait().unwrap().into_value().unwrap_or_else(|error| panic!("{source}: {error}"))
}

/// Two tenants, on one thread or on two.
fn each_placing(test: impl Fn(Tenant, Tenant)) {
    for threads in [1, 2] {
        let pool = pool(threads);
        let (one, other) = (pool.tenant(), pool.tenant());
        test(one, other);
    }
}

#[test]
fn all_three_forms_reach_the_other_side() {
    each_placing(|one, other| {
        lend(
            &other,
            "globalThis.db = { rows: [1, 2], get(n) { return this.rows[n]; }, name: 'db' }",
            &one,
            "db",
        );
        for (source, expected) in [
            ("db.typeof", "object"),
            ("db.get('name')", "db"),
            ("db.getSync('name')", "db"),
            ("db.set('name', 'new').then(() => db.getSync('name'))", "new"),
            ("db.setSync('name', 'newer'); db.getSync('name')", "newer"),
            ("db.setIgnored('name', 'newest'); db.getSync('name')", "newest"),
            ("JSON.stringify(db.getSync('rows'))", "[1,2]"),
            ("db.deleteSync('name'); String(db.getSync('name'))", "undefined"),
            (
                "db.set('name', 'back').then(() => db.delete('name')).then(() => db.get('name')).then(String)",
                "undefined",
            ),
            ("db.copy().catch(error => error.code)", "ERR_DATA_CLONE"),
            ("String(db)", "[object Reference]"),
        ] {
            assert_eq!(text(&one, source), expected, "{source}");
        }
        let source = "(async () => {
            using get = await db.get('get', { reference: true });
            return `${get.typeof} ${await get.apply(db, [1])} ${get.applySync(db, [0])}`;
        })()";
        assert_eq!(text(&one, source), "function 2 1", "a reference that comes home is the receiver itself");
    });
}

#[test]
fn answers_are_awaited_and_errors_come_across() {
    each_placing(|one, other| {
        let source = "async (what) => { await new Promise(resolve => setTimeout(resolve, 5));
            if (what === 'throw') throw Object.assign(new RangeError('there'), { code: 'ERR_THERE' });
            return { what, list: new Set([what]) }; }";
        lend(&other, source, &one, "later");
        assert_eq!(text(&one, "later.apply(undefined, ['a']).then(({ list }) => [...list][0])"), "a");
        assert_eq!(text(&one, "later.applySync(undefined, ['b']).what"), "b");
        for call in ["later.apply(undefined, ['throw'])", "later.applySync(undefined, ['throw'])"] {
            let error = thrown(one.eval(call).wait().unwrap());
            assert_eq!((error.name.as_str(), error.message.as_str()), ("RangeError", "there"), "{call}");
            assert_eq!(error.code.as_deref(), Some("ERR_THERE"));
            assert!(error.stack.unwrap().contains("<another isolate>"));
        }
    });
}

#[test]
fn a_callback_reaches_back_while_its_isolate_waits() {
    each_placing(|one, other| {
        let source = "async (list, each) => { const out = []; for (const item of list) out.push(await each.apply(undefined, [item])); return out; }";
        lend(&other, source, &one, "map");
        let source = "import { Reference } from 'innerbox:reference';
            const each = new Reference((n) => n * 10);
            export default { list: await map.apply(undefined, [[1, 2, 3], each]), own: each.deref()(4), typeof: each.typeof }";
        let completion = one.run_module_source("main.js", source).wait().unwrap();
        assert_eq!(
            serde_json::to_string(&completion.into_returned().unwrap()).unwrap(),
            r#"{"list":[10,20,30],"own":40,"typeof":"function"}"#
        );
    });
}

#[test]
fn who_waits_for_each_other_is_told() {
    each_placing(|one, other| {
        lend(&one, "globalThis.back = () => 'back'", &other, "back");
        lend(
            &other,
            "() => { try { return back.applySync(); } catch (error) { return error.code; } }",
            &one,
            "call",
        );
        assert_eq!(text(&one, "call.applySync()"), "ERR_DEADLOCK");
    });
    // A promise lets the isolate do what it is asked, also by the one that stands still on the same thread.
    for threads in [1, 2] {
        let pool = pool(threads);
        let (one, other) = (pool.tenant(), pool.tenant());
        lend(&one, "globalThis.back = () => 'back'", &other, "back");
        lend(
            &other,
            "() => { try { return back.applySync(); } catch (error) { return error.code; } }",
            &one,
            "call",
        );
        assert_eq!(text(&one, "call.apply()"), "back");
    }
    let mut alone = sandbox();
    let source = "import { Reference } from 'innerbox:reference'; const own = new Reference(() => 1);
        let code; try { own.applySync(); } catch (error) { code = error.code; }
        export default [code, await own.apply()]";
    let completion = alone.run_module_source("main.js", source);
    assert_eq!(serde_json::to_string(&completion.into_returned().unwrap()).unwrap(), r#"["ERR_DEADLOCK",1]"#);
}

#[test]
fn a_chain_over_many_tenants_waits_through() {
    for threads in [1, 3] {
        let pool = pool(threads);
        let tenants: Vec<_> = (0..6).map(|_| pool.tenant()).collect();
        for pair in tenants.windows(2).rev() {
            lend(&pair[1], "(n) => globalThis.next ? next.apply(undefined, [n + 1]) : n", &pair[0], "next");
        }
        assert_eq!(text(&tenants[0], "next.apply(undefined, [1]).then(String)"), "5");
    }
}

#[test]
fn what_is_moved_is_here_no_longer() {
    each_placing(|one, other| {
        lend(&other, "(buffer) => { globalThis.got = buffer; return buffer.byteLength; }", &one, "take");
        let source = "const buffer = new Uint8Array([1, 2, 3]).buffer;
            const length = take.applySync(undefined, [buffer], { transfer: [buffer] });
            `${length} ${buffer.detached}`";
        assert_eq!(text(&one, source), "3 true");
        assert_eq!(text(&other, "new Uint8Array(got).join()"), "1,2,3");
        for (list, message) in [
            ("[1]", "`transfer[0]`: expected ArrayBuffer, got number"),
            ("[b, b]", "`transfer[1]`: it is in the list already"),
            ("(b.transfer(), [b])", "an ArrayBuffer that is detached, or cannot be, is in the transfer list"),
        ] {
            let call = format!(
                "{{ const b = new ArrayBuffer(1); take.applySync(undefined, [1], {{ transfer: {list} }}) }}"
            );
            assert_eq!(told(one.eval(call).wait().unwrap()).1, message);
        }
        let failed = "{ const b = new ArrayBuffer(1); try { take.applySync(undefined, [() => 1, b], { transfer: [b] }); } catch {} String(b.detached) }";
        assert_eq!(text(&one, failed), "false", "nothing is moved where something cannot be cloned");
    });
}

#[test]
fn a_reference_that_was_released_is_refused() {
    each_placing(|one, other| {
        lend(&other, "() => 1", &one, "f");
        assert_eq!(
            text(&one, "f.release(); f.release(); f.apply().catch(error => error.code)"),
            "ERR_REFERENCE_RELEASED"
        );
    });
}

#[test]
fn misuse_says_what_was_expected() {
    let pool = pool(1);
    let (one, other) = (pool.tenant(), pool.tenant());
    lend(&other, "() => 1", &one, "f");
    for (source, message) in [
        ("f.release(); f.applySync()", "this Reference was released"),
        ("Object.getPrototypeOf(f).applySync.call({})", "`this`: expected a Reference"),
        ("Object.getPrototypeOf(f).applySync.call(new Proxy(f, {}))", "`this`: expected a Reference"),
        ("new f.constructor()", "`value`: missing"),
        ("new f.constructor({}).getSync(Symbol())", "`key`: expected string or number, got symbol"),
    ] {
        let again: Reference = other.eval_into("() => 1").wait().unwrap().into_returned().unwrap();
        one.set_global("f", again).wait().unwrap().into_returned().unwrap();
        assert_eq!(told(one.eval(source).wait().unwrap()).1, message, "{source}");
    }
}

#[test]
fn a_sandbox_that_dies_or_goes_tells_who_waits() {
    each_placing(|one, other| {
        lend(
            &other,
            "globalThis.f = (what) => what === 'die' ? process.exit(3) : new Promise(() => {})",
            &one,
            "f",
        );
        assert_eq!(text(&one, "f.apply(undefined, ['die']).catch(error => error.code)"), "ERR_PROCESS_EXIT");
        assert_eq!(text(&one, "f.apply().catch(error => error.code)"), "ERR_REFERENCE_GONE");
        assert_eq!(text(&one, "try { f.applySync(); } catch (error) { error.code }"), "ERR_REFERENCE_GONE");
    });
    let pool = pool(2);
    let (one, other) = (pool.tenant(), pool.tenant());
    lend(&other, "() => new Promise(() => {})", &one, "f");
    let waiting = one.eval("f.apply().catch(error => error.code)");
    std::thread::sleep(Duration::from_millis(50));
    other.dispose();
    drop(other);
    assert_eq!(waiting.wait().unwrap().into_value::<String>().unwrap(), "ERR_REFERENCE_GONE");
}

#[test]
fn who_waits_for_ever_ends_at_its_own_limit_and_the_other_lives_on() {
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    for (threads, call) in [(1, "f.apply()"), (2, "f.apply()"), (1, "f.applySync()"), (2, "f.applySync()")] {
        let pool = pool_with(threads, limits);
        let (one, other) = (pool.tenant(), pool.tenant());
        lend(&other, "() => new Promise(() => {})", &one, "f");
        let before = Instant::now();
        let completion = one.eval(call).wait().unwrap();
        assert!(matches!(completion.outcome, Outcome::Limit { .. }), "{call}: {completion:?}");
        assert!(before.elapsed() < Duration::from_secs(5));
        assert_eq!(text(&other, "'lives'"), "lives");
    }
}

#[test]
fn what_is_asked_takes_the_time_of_whom_it_is_asked() {
    let limits = Limits { wall: Some(Duration::from_millis(300)), ..Limits::default() };
    for threads in [1, 2] {
        let pool = pool_with(threads, limits);
        let (one, other) = (pool.tenant(), pool.tenant());
        lend(&other, "() => { for (;;) {} }", &one, "f");
        one.eval("f.applyIgnored()").wait().unwrap().into_returned().unwrap();
        let gone = other.eval("1").wait().unwrap();
        assert!(matches!(gone.outcome, Outcome::Died { .. }), "{gone:?}");
        assert_eq!(text(&one, "'lives'"), "lives");
    }
}

#[test]
fn payloads_that_do_not_fit_end_whom_they_are_sent_to_alone() {
    for (threads, form) in [(1, "applySync"), (2, "applySync"), (1, "apply"), (2, "apply")] {
        let pool = pool_with(threads, Limits { heap_bytes: 24 << 20, ..Limits::default() });
        let (one, other) = (pool.tenant(), pool.tenant());
        lend(&other, "const kept = []; (list) => { kept.push(list); return kept.length; }", &one, "keep");
        let source = format!(
            "(async () => {{ const list = new Array(500_000).fill(7);
                try {{ for (let n = 0; n < 50; n++) await keep.{form}(undefined, [list]); }} catch (error) {{ return error.code; }} }})()"
        );
        assert_eq!(text(&one, &source), "ERR_REFERENCE_GONE", "{form} on {threads}");
        assert_eq!(text(&one, "'lives'"), "lives");
        let gone = other.eval("1").wait().unwrap();
        assert!(matches!(gone.outcome, Outcome::Died { .. }), "{gone:?}");
    }
}

#[test]
fn who_stands_still_for_one_that_is_disposed_of_goes_on() {
    let pool = pool(2);
    let (one, other) = (pool.tenant(), pool.tenant());
    for source in ["() => new Promise(() => {})", "() => { for (;;) {} }"] {
        let other = pool.tenant();
        lend(&other, source, &one, "f");
        let waiting = one.eval("try { f.applySync(); } catch (error) { error.code }");
        std::thread::sleep(Duration::from_millis(50));
        other.dispose();
        assert_eq!(waiting.wait().unwrap().into_value::<String>().unwrap(), "ERR_REFERENCE_GONE", "{source}");
    }
    drop(other);
}

#[test]
fn a_flood_of_requests_meets_a_limit_and_ends_no_run() {
    let pool = pool_with(2, Limits { pending_promises: 100, ..Limits::default() });
    let (one, other) = (pool.tenant(), pool.tenant());
    lend(&other, "var n = 0; () => { n++; }", &one, "f");
    let (gate, held) = std::sync::mpsc::channel::<()>();
    let (holds, held_now) = std::sync::mpsc::channel();
    drop(other.schedule(move |_| {
        holds.send(()).unwrap();
        held.recv().is_ok()
    }));
    held_now.recv().unwrap();
    let source = "let sent = 0; try { for (; sent < 1e6; sent++) f.applyIgnored(); } catch (error) { `${sent} ${error.code}` }";
    assert_eq!(text(&one, source), "100 ERR_LIMIT");
    drop(gate);
    // What was taken is done, and nothing else.
    let done = || other.eval("n").wait().unwrap().into_value::<u32>().unwrap();
    let began = Instant::now();
    while done() < 100 {
        assert!(began.elapsed() < Duration::from_secs(20), "{} were done", done());
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(done(), 100);
}

#[test]
fn without_a_pool_the_owner_attends() {
    let (mut one, mut other) = (sandbox(), sandbox());
    let rung = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rung);
    other.on_request(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let f: Reference = other.eval_into("(n) => { globalThis.last = n; }").into_returned().unwrap();
    let global = one.global().into_returned().unwrap();
    one.set(&global, "f", f);
    one.eval("for (let n = 1; n <= 5; n++) f.applyIgnored(undefined, [n])");
    assert_eq!(rung.load(Ordering::SeqCst), 5);
    assert!(other.has_requests());
    other.attend().into_returned().unwrap();
    assert!(!other.has_requests());
    assert_eq!(other.eval("last").into_value::<u32>().unwrap(), 5);
    drop(other);
    assert_eq!(
        one.eval("f.apply().catch(error => error.code)").into_value::<String>().unwrap(),
        "ERR_REFERENCE_GONE"
    );
}

#[test]
fn the_store_of_the_caller_is_kept_and_not_given_away() {
    each_placing(|one, other| {
        let source = "import { AsyncLocalStorage } from 'node:async_hooks';
            globalThis.store = new AsyncLocalStorage(); export default 1";
        for tenant in [&one, &other] {
            tenant.run_module_source("store.js", source).wait().unwrap().into_returned().unwrap();
        }
        lend(
            &other,
            "async () => { store.enterWith('theirs'); return String(store.getStore()); }",
            &one,
            "f",
        );
        let source = "store.run('mine', async () => { const theirs = await f.apply(); return `${theirs} ${store.getStore()}`; })";
        assert_eq!(text(&one, source), "theirs mine");
        assert_eq!(text(&other, "String(store.getStore())"), "undefined");
    });
}

#[test]
fn objects_that_scripts_let_go_are_let_go_on_the_other_side() {
    let mut one = sandbox();
    let mut other = limited(Limits { handles: 50, ..Limits::default() });
    let global = one.global().into_returned().unwrap();
    for round in 0..200 {
        let value: Reference =
            other.eval_into("({})").into_returned().unwrap_or_else(|error| panic!("{round}: {error}"));
        one.set(&global, "value", value);
        if round % 20 == 19 {
            one.collect_garbage();
            // The table is swept when something is entered.
            one.eval("0");
        }
    }
}

/// Many tenants on few threads call each other, in every form, and some of them go meanwhile.
#[test]
fn many_call_each_other_while_some_are_disposed() {
    let pool = pool(3);
    let tenants: Vec<_> = (0..12).map(|_| pool.tenant()).collect();
    let server = "let served = 0; async (n) => { served++; if (n % 3 === 0) await null; if (n % 7 === 0) throw new Error('seven'); return n; }";
    for (place, tenant) in tenants.iter().enumerate() {
        for step in [1, 5] {
            lend(
                &tenants[(place + step) % tenants.len()],
                &format!("(() => {{ {} }})()", server.replace("; async", "; return async")),
                tenant,
                &format!("f{step}"),
            );
        }
    }
    let client = "(async () => { let answers = 0; const codes = new Set();
        for (let n = 0; n < 60; n++) {
            const f = n % 2 ? f1 : f5;
            try {
                if (n % 5 === 0) f.applyIgnored(undefined, [n]);
                else if (n % 5 === 1) answers += f.applySync(undefined, [n]) === n;
                else answers += (await Promise.all([f.apply(undefined, [n]), f1.apply(undefined, [n])]))[0] === n;
            } catch (error) { codes.add(error.code ?? error.message); }
        }
        return [answers, ...codes]; })()";
    let tickets: Vec<_> = tenants.iter().map(|tenant| tenant.eval(client)).collect();
    tenants[4].dispose();
    std::thread::sleep(Duration::from_millis(10));
    tenants[9].dispose();
    for (place, ticket) in tickets.into_iter().enumerate() {
        let Ok(completion) = ticket.wait() else {
            assert!(place == 4 || place == 9);
            continue;
        };
        let Outcome::Returned { value: Value::Array(told) } = &completion.outcome else {
            assert!(place == 4 || place == 9, "{place}: {completion:?}");
            continue;
        };
        for code in &told[1..] {
            let known = ["seven", "ERR_DEADLOCK", "ERR_REFERENCE_GONE"];
            assert!(known.contains(&code.as_str().unwrap_or_default()), "{place}: {code:?}");
        }
    }
}
