//! One HTTP request: checked, sent, and its answer streamed back.
//!
//! HTTP/1.1 alone, a connection for each request. Nothing follows a redirect, and no proxy is asked.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout};
use url::Host;
use wasmtime_wasi::runtime::spawn;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody};

use super::origin::{Origin, Scheme};
use super::{Connection, LookupError, Network, tls};

/// Longest that a request waits for a connection, for the beginning of an answer, or for more of it. A component can
/// ask for less; the limits of its call and its run end it sooner.
const PATIENCE: Duration = Duration::from_secs(600);

/// Bytes of the head of an answer, and of what was read and not taken yet, beyond which nothing more is read.
const BUFFER_BYTES_MAX: usize = 32 << 10;

/// What drives a connection, until it is closed.
pub(super) type Driver = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// What carries HTTP.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A request whose origin was lent, counted as a connection.
pub(super) struct Admitted {
    origin: Origin,
    open: Arc<Connection>,
    request: Request<WasiBody>,
}

/// Checks what a request asks for; `most` is how many connections there may be at once.
///
/// # Errors
/// Those of `wasi:http`: the component sees them.
pub(super) fn admit(network: &Network, most: usize, mut request: Request<WasiBody>) -> Result<Admitted> {
    let origin = origin(request.uri()).ok_or(Error::HttpRequestUriInvalid)?;
    if !network.origins.contains(&origin) {
        return Err(Error::HttpRequestDenied);
    }
    if request.method() == Method::CONNECT {
        return Err(Error::HttpRequestMethodInvalid);
    }
    address(&mut request, &origin)?;
    let open = network.connections.open(most).ok_or(Error::ConnectionLimitReached)?;
    Ok(Admitted { origin, open: Arc::new(open), request })
}

/// Sends a request that was admitted.
///
/// # Errors
/// Those of `wasi:http`.
pub(super) async fn send(
    network: Arc<Network>,
    admitted: Admitted,
    options: RequestOptions,
) -> Result<(Response<WasiBody>, Driver)> {
    let Admitted { origin, open, request } = admitted;
    let connected = timeout(patience(options.connect_timeout), connect(&network, &origin, &open));
    let stream = connected.await.map_err(|_| Error::ConnectionTimeout)??;
    let mut client = http1::Builder::new();
    client.max_buf_size(BUFFER_BYTES_MAX);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(failure)?;
    let driver = spawn(async move {
        let _open = open;
        connection.await.map_err(failure)
    });
    let answered = timeout(patience(options.first_byte_timeout), sender.send_request(request));
    let response = answered.await.map_err(|_| Error::ConnectionReadTimeout)?.map_err(failure)?;
    let every = patience(options.between_bytes_timeout);
    let late = Box::pin(sleep(every));
    let response = response.map(|body| Arriving { body, every, late, waiting: false }.boxed_unsync());
    Ok((response, Box::new(driver)))
}

fn origin(uri: &Uri) -> Option<Origin> {
    Origin::asked(uri.scheme_str()?, uri.authority()?.as_str())
}

/// Names the host as it was lent, and leaves in the first line what a server, which is no proxy, expects there.
fn address(request: &mut Request<WasiBody>, origin: &Origin) -> Result<()> {
    let host = HeaderValue::try_from(origin.authority()).map_err(|_| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(HOST, host);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = Uri::try_from(path).map_err(|_| Error::HttpRequestUriInvalid)?;
    Ok(())
}

fn patience(asked: Option<Duration>) -> Duration {
    asked.unwrap_or(PATIENCE).min(PATIENCE)
}

/// Connects to what an origin's host leads to.
async fn connect(network: &Arc<Network>, origin: &Origin, open: &Arc<Connection>) -> Result<Box<dyn Stream>> {
    let addresses: Vec<IpAddr> = match &origin.host {
        Host::Ipv4(address) => vec![(*address).into()],
        Host::Ipv6(address) => vec![(*address).into()],
        Host::Domain(name) => {
            let found = network.lookup(name.clone(), Arc::clone(open)).await;
            found.map_err(|error| match error {
                LookupError::Unknown => Error::DnsError { rcode: None, info_code: None },
                LookupError::Prohibited => Error::DestinationIpProhibited,
            })?
        }
    };
    let mut failure = Error::DestinationNotFound;
    for address in addresses {
        match TcpStream::connect(SocketAddr::new(address, origin.port)).await {
            Ok(stream) if origin.scheme == Scheme::Https => {
                return Ok(Box::new(tls::begin(&origin.host, stream).await?));
            }
            Ok(stream) => return Ok(Box::new(stream)),
            Err(error) => failure = unconnected(&error),
        }
    }
    Err(failure)
}

fn unconnected(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        std::io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}

fn failure(error: hyper::Error) -> Error {
    if error.is_incomplete_message() {
        Error::HttpResponseIncomplete
    } else if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_closed() || error.is_canceled() {
        Error::ConnectionTerminated
    } else {
        Error::Hyper(error)
    }
}

/// The body of an answer, which must go on arriving.
struct Arriving {
    body: Incoming,
    every: Duration,
    late: Pin<Box<Sleep>>,
    /// True while the component asks for more and there is none: only that time counts.
    waiting: bool,
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(failure)));
        }
        if !std::mem::replace(&mut self.waiting, true) {
            let end = Instant::now() + self.every;
            self.late.as_mut().reset(end);
        }
        ready!(self.late.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
