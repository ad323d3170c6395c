//! The host's spans (of the `tracing` crate) follow a run to other threads, and back.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::{ThreadId, current};

use innerbox::{ConsoleSink, Extension, Grant, Stream};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Span, Subscriber};
use tracing_core::span::Current;

use super::{FOLDER, builder, side, value};
use crate::support::{ENGINE, tight};

const TARGET: &str = "innerbox-test";

thread_local! {
    static ENTERED: RefCell<Vec<Id>> = RefCell::default();
}

type Known = HashMap<u64, &'static Metadata<'static>>;

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// The threads on which each span was entered.
static THREADS: LazyLock<Mutex<Vec<(u64, String)>>> = LazyLock::new(Mutex::default);

/// Knows which span is current on each thread, and cares for those of this test alone.
struct Spans(AtomicU64);

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.fetch_add(1, Ordering::Relaxed);
        KNOWN.lock().unwrap().insert(id, span.metadata());
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.clone()));
        let thread = current().name().unwrap_or_default().to_owned();
        THREADS.lock().unwrap().push((span.into_u64(), thread));
    }

    fn exit(&self, _: &Id) {
        ENTERED.with_borrow_mut(Vec::pop);
    }

    fn current_span(&self) -> Current {
        ENTERED.with_borrow(|entered| match entered.last() {
            Some(id) => Current::new(id.clone(), KNOWN.lock().unwrap()[&id.into_u64()]),
            None => Current::none(),
        })
    }
}

fn subscribe() {
    static ONCE: LazyLock<()> = LazyLock::new(|| {
        tracing::subscriber::set_global_default(Spans(AtomicU64::new(1))).expect("no other test sets one");
    });
    LazyLock::force(&ONCE);
}

type Seen = Arc<Mutex<Vec<(Option<Id>, ThreadId)>>>;

/// A component whose export asks a function of the host, which notes the span that it is called in.
fn watcher(seen: &Seen) -> Extension {
    const TEXT: &str = r#"(component
        (import "test:host/spans" (instance $host (export "see" (func (param "value" u32) (result u32)))))
        (core func $see (canon lower (func $host "see")))
        (core module $m
          (import "host" "see" (func $see (param i32) (result i32)))
          (func (export "see") (param i32) (result i32) (call $see (local.get 0))))
        (core instance $i (instantiate $m (with "host" (instance (export "see" (func $see))))))
        (func (export "see") (param "value" u32) (result u32) (canon lift (core func $i "see"))))"#;
    let seen = Arc::clone(seen);
    let note = move |value: u32| {
        seen.lock().unwrap().push((Span::current().id(), current().id()));
        value
    };
    let loader = Extension::loader(&ENGINE).function("test:host/spans", "see", note);
    loader.load("watcher", &wat::parse_str(TEXT).unwrap()).unwrap()
}

/// Notes the span in which each line is written.
struct Lines(Rc<RefCell<Vec<Option<Id>>>>);

impl ConsoleSink for Lines {
    fn write(&mut self, _: Stream, _: &str) {
        self.0.borrow_mut().push(Span::current().id());
    }
}

#[test]
fn a_span_of_the_host_follows_a_run_to_other_threads_and_back() {
    subscribe();
    let (seen, lines) = (Seen::default(), Rc::new(RefCell::default()));
    let mut sandbox = builder()
        .extension_with(&watcher(&seen), tight())
        .extension_with(&side(), tight())
        .grant(Grant::read(FOLDER))
        .console(Lines(Rc::clone(&lines)))
        .build()
        .unwrap();
    let source = format!(
        "import {{ readFile }} from 'node:fs/promises';
         import {{ promising }} from 'innerbox:component';
         import {{ see }} from 'watcher';
         import {{ add }} from 'side';
         const later = promising(see);
         for (let i = 0; i < 3; i++) {{
           see(i); await later(i); console.log();
           await readFile('{FOLDER}/ways.js'); console.log();
           await add(1, 2); console.log();
           await new Promise((resolve) => setTimeout(() => {{ console.log(); resolve(); }}));
         }}"
    );
    for round in 0..2 {
        let span = tracing::info_span!(target: TARGET, "run");
        let id = span.id().expect("somebody listens");
        // One of another run, which is over before anything of this one comes back.
        tracing::info_span!(target: TARGET, "other")
            .in_scope(|| value(&sandbox.eval("setTimeout(() => {})")));
        span.in_scope(|| value(&sandbox.run_module_source(&format!("main{round}.js"), &source)));
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen.len(), 6);
        assert!(seen.iter().all(|(span, _)| span.as_ref() == Some(&id)), "{seen:?}, not {id:?}");
        assert!(seen.iter().any(|(_, thread)| *thread != current().id()), "nothing ran elsewhere");
        assert_eq!(lines.take(), vec![Some(id.clone()); 12]);
        let threads = THREADS.lock().unwrap();
        let mut entered = threads.iter().filter(|(span, _)| *span == id.into_u64());
        assert!(entered.any(|(_, thread)| thread == "innerbox-async"), "{threads:?}");
        assert_eq!(Span::current().id(), None);
    }
}
