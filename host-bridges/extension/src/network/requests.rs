//! The HTTP requests of one instance.

use std::sync::Arc;

use hyper::{Request, Response};
use wasmtime_wasi_http::{RequestOptions, Result, WasiBody, WasiHttpHooks};

use super::Network;
use super::request::{Driver, admit, send};

/// The HTTP requests of one instance: what `wasi:http` asks for goes through here.
#[derive(Debug)]
pub(crate) struct Requests {
    network: Arc<Network>,
    most: usize,
}

/// Most bytes of a piece of a request's body that the host keeps until the server takes it, or for ever if the request
/// is never sent: a component may have thousands of those.
const PIECE_BYTES_MAX: usize = 32 << 10;

impl Requests {
    /// `most` is how many connections the extension may have at once.
    pub(crate) fn new(network: &Arc<Network>, most: usize) -> Self {
        Self { network: Arc::clone(network), most }
    }
}

impl WasiHttpHooks for Requests {
    /// The header is ours to set: the component may have written the same host in another way.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE_BYTES_MAX
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE_BYTES_MAX
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Driver,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Driver)>> + Send> {
        match admit(&self.network, self.most, request) {
            Ok(admitted) => Box::new(send(Arc::clone(&self.network), admitted, options.unwrap_or_default())),
            Err(error) => Box::new(async { Err(error) }),
        }
    }
}
