//! WASI 0.2 in the linker: wasmtime's, but for waiting and for the network.

use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};
use wasmtime_wasi_io::bindings::wasi::io::{poll as waiting_poll, streams as waiting_streams};

use super::wait::wait;
use super::{http, sockets};
use crate::interrupt::Interrupt;
use crate::state::State;

/// How the interfaces of WASI 0.2 begin that a component may import.
const INTERFACES: [&str; 8] = [
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:filesystem/",
    "wasi:http/outgoing-handler@",
    "wasi:http/types@",
    "wasi:io/",
    "wasi:random/",
    "wasi:sockets/",
];

/// True where an interface is one that [`link`] gives.
pub(super) fn is_given(interface: &str) -> bool {
    let version = interface.split_once('@').map(|(_, version)| version);
    INTERFACES.iter().any(|beginning| interface.starts_with(beginning))
        && version.is_some_and(|version| version.starts_with("0.2."))
}

/// Gives a linker all of WASI 0.2.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    poll::add_to_linker::<State, HasIo>(linker, io)?;
    streams::add_to_linker::<State, HasIo>(linker, io)?;
    sockets::link(linker)?;
    http::link(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}

struct HasIo;

impl HasData for HasIo {
    type Data<'a> = Io<'a>;
}

/// `wasi:io`: what can wait ends with the call.
struct Io<'a> {
    table: &'a mut ResourceTable,
    interrupt: &'a Interrupt,
}

fn io(state: &mut State) -> Io<'_> {
    Io { table: state.wasi.get().context.ctx().table, interrupt: &state.interrupt }
}

impl Io<'_> {
    /// Waits for what a stream does.
    fn stream<R>(
        &mut self,
        work: impl AsyncFnOnce(&mut ResourceTable) -> StreamResult<R>,
    ) -> StreamResult<R> {
        wait(self.interrupt, work(self.table)).map_err(StreamError::Trap)?
    }
}

impl poll::Host for Io<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        wait(self.interrupt, waiting_poll::Host::poll(self.table, pollables))?
    }
}

impl poll::HostPollable for Io<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        wait(self.interrupt, waiting_poll::HostPollable::ready(self.table, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        wait(self.interrupt, waiting_poll::HostPollable::block(self.table, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        waiting_poll::HostPollable::drop(self.table, pollable)
    }
}

impl streams::Host for Io<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        streams::Host::convert_stream_error(self.table, error)
    }
}

impl streams::HostInputStream for Io<'_> {
    fn read(&mut self, stream: Resource<DynInputStream>, bytes: u64) -> StreamResult<Vec<u8>> {
        streams::HostInputStream::read(self.table, stream, bytes)
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, bytes: u64) -> StreamResult<Vec<u8>> {
        self.stream(async |table| waiting_streams::HostInputStream::blocking_read(table, stream, bytes).await)
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, bytes: u64) -> StreamResult<u64> {
        streams::HostInputStream::skip(self.table, stream, bytes)
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, bytes: u64) -> StreamResult<u64> {
        self.stream(async |table| waiting_streams::HostInputStream::blocking_skip(table, stream, bytes).await)
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        streams::HostInputStream::subscribe(self.table, stream)
    }

    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        wait(self.interrupt, waiting_streams::HostInputStream::drop(self.table, stream))?
    }
}

impl streams::HostOutputStream for Io<'_> {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        streams::HostOutputStream::check_write(self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        streams::HostOutputStream::write(self.table, stream, bytes)
    }

    fn blocking_write_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        self.stream(async |table| {
            waiting_streams::HostOutputStream::blocking_write_and_flush(table, stream, bytes).await
        })
    }

    fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        bytes: u64,
    ) -> StreamResult<()> {
        self.stream(async |table| {
            waiting_streams::HostOutputStream::blocking_write_zeroes_and_flush(table, stream, bytes).await
        })
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, bytes: u64) -> StreamResult<()> {
        streams::HostOutputStream::write_zeroes(self.table, stream, bytes)
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        streams::HostOutputStream::flush(self.table, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.stream(async |table| waiting_streams::HostOutputStream::blocking_flush(table, stream).await)
    }

    fn splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        bytes: u64,
    ) -> StreamResult<u64> {
        streams::HostOutputStream::splice(self.table, to, from, bytes)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        bytes: u64,
    ) -> StreamResult<u64> {
        self.stream(async |table| {
            waiting_streams::HostOutputStream::blocking_splice(table, to, from, bytes).await
        })
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        streams::HostOutputStream::subscribe(self.table, stream)
    }

    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        wait(self.interrupt, waiting_streams::HostOutputStream::drop(self.table, stream))?
    }
}

#[cfg(test)]
mod tests {
    use super::is_given;

    #[test]
    fn wasi_is_known_by_package_and_version() {
        assert!(is_given("wasi:cli/environment@0.2.0") && is_given("wasi:io/poll@0.2.12"));
        assert!(is_given("wasi:http/types@0.2.0") && is_given("wasi:http/outgoing-handler@0.2.3"));
        let incoming = "wasi:http/incoming-handler@0.2.0";
        for other in [incoming, "wasi:cli/run@0.3.0", "wasi:io/poll", "mine:io/poll@0.2.0", ""] {
            assert!(!is_given(other), "{other}");
        }
    }
}
