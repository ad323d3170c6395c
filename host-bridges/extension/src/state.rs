//! What the store of an instance holds.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use super::given::{Importing, Imports};
use super::handles::HandleTable;
use super::limiter::Limiter;
use super::network::Outgoing;
use super::stdio::LastWords;
use super::wasi::Lending;
use crate::interrupt::Interrupt;

/// Most things of WASI that an instance may have open at once, streams and pollables among them: each is the host's memory.
pub(super) const WASI_RESOURCES_MAX: usize = 10_000;

/// What the store of an instance holds.
pub(super) struct State {
    pub(super) wasi: Lent,
    pub(super) handles: HandleTable,
    pub(super) limiter: Limiter,
    pub(super) imports: Imports,
    pub(super) interrupt: Arc<Interrupt>,
    start: Instant,
}

impl State {
    pub(super) fn new(
        lending: Arc<Lending>,
        connections: usize,
        limiter: Limiter,
        interrupt: Arc<Interrupt>,
    ) -> Self {
        Self {
            wasi: Lent { lending, connections, last_words: LastWords::default(), made: None },
            handles: HandleTable::default(),
            limiter,
            imports: Imports::default(),
            interrupt,
            start: Instant::now(),
        }
    }

    /// True once the run, or the call, has to end.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupt.fired() || self.interrupt.call_expired()
    }

    /// The time of a WASI clock in nanoseconds: 0 is the wall clock, anything else the monotonic one.
    pub(super) fn clock_ns(&self, clock: u32) -> u64 {
        let time = match clock {
            0 => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            _ => self.start.elapsed(),
        };
        u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What an instance is lent of WASI. It is made when the component first asks for any of it: many never do.
pub(super) struct Lent {
    lending: Arc<Lending>,
    connections: usize,
    pub(super) last_words: LastWords,
    made: Option<Box<Wasi>>,
}

/// See [`Lent`].
pub(super) struct Wasi {
    pub(super) context: WasiP1Ctx,
    pub(super) outgoing: Outgoing,
}

impl Lent {
    pub(super) fn get(&mut self) -> &mut Wasi {
        self.made.get_or_insert_with(|| {
            let outgoing = self.lending.outgoing(self.connections);
            let mut context = self.lending.context(&self.last_words, &outgoing);
            context.ctx().table.set_max_capacity(WASI_RESOURCES_MAX);
            Box::new(Wasi { context, outgoing })
        })
    }
}

impl Importing for State {
    fn imports(&mut self) -> &mut Imports {
        &mut self.imports
    }

    fn handles(&mut self) -> &mut HandleTable {
        &mut self.handles
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.get().context.ctx()
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let Wasi { context, outgoing: Outgoing { http, requests, .. } } = self.wasi.get();
        WasiHttpCtxView { ctx: http, table: context.ctx().table, hooks: requests }
    }
}
