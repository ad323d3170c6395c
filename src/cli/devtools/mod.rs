//! Serves a sandbox's inspector to Chrome DevTools and other clients of its protocol, on this machine alone.
//!
//! Whoever reaches it does what it likes with the sandbox. So it listens on loopback addresses only, answers requests that
//! name such an address in `Host` (a web page that has its own name resolved to 127.0.0.1 does not), refuses web pages by
//! their `Origin`, and its target has a name that cannot be guessed.

mod address;
mod request;
mod socket;
mod targets;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use innerbox::Inspector;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

pub(crate) use address::{DEFAULT, address};
use request::{Request, Response};
use targets::Target;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that runs until the process ends.
pub(crate) struct Server {
    /// Where a client connects to.
    pub(crate) url: String,
}

/// What its connections share.
struct Served {
    inspector: Inspector,
    target: Target,
}

impl Server {
    /// Starts to serve. `file` is what is debugged.
    pub(crate) fn start(address: SocketAddr, inspector: Inspector, file: &str) -> Result<Self> {
        let failed = || format!("the inspector cannot listen on {address}");
        let runtime = Builder::new_current_thread().enable_all().build().with_context(failed)?;
        let listener = runtime.block_on(TcpListener::bind(address)).with_context(failed)?;
        let target = Target::new(file)?;
        let url = target.socket(&listener.local_addr().with_context(failed)?.to_string());
        let served = Arc::new(Served { inspector, target });
        std::thread::Builder::new()
            .name("innerbox-devtools".to_owned())
            .spawn(move || serve(&runtime, &listener, &served))
            .with_context(failed)?;
        Ok(Self { url })
    }
}

fn serve(runtime: &Runtime, listener: &TcpListener, served: &Arc<Served>) {
    runtime.block_on(async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(served)))),
                // There are too many open files, for instance.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
}

async fn connection(mut stream: TcpStream, served: Arc<Served>) {
    let Ok(Ok((request, rest))) = tokio::time::timeout(PATIENCE, request::read(&mut stream)).await else {
        return;
    };
    let response = match answer(&request, &served.target) {
        Answer::Response(response) => response,
        Answer::Session(response) => {
            if stream.write_all(&response.bytes()).await.is_ok() {
                socket::session(stream, rest, &served.inspector).await;
            }
            return;
        }
    };
    // A client that has gone does not hear it.
    let _ = stream.write_all(&response.bytes()).await;
    let _ = stream.shutdown().await;
}

enum Answer {
    Response(Response),
    /// The connection becomes a session.
    Session(Response),
}

fn answer(request: &Request, target: &Target) -> Answer {
    if let Err(why) = request.check() {
        return Answer::Response(Response::refusal(403, why));
    }
    if request.method != "GET" {
        return Answer::Response(Response::refusal(405, "only GET is answered"));
    }
    let host = &request.host;
    Answer::Response(match request.path.trim_end_matches('/') {
        "/json" | "/json/list" => Response::json(&target.list(host)),
        "/json/version" => Response::json(&target.version()),
        path if path.strip_prefix('/') == Some(target.id()) => match request.upgrade() {
            Ok(response) => return Answer::Session(response),
            Err(why) => Response::refusal(400, why),
        },
        _ => Response::refusal(404, "there is no such target"),
    })
}
