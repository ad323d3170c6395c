//! TLS, for `https`.

use std::sync::{Arc, LazyLock};

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;
use wasmtime_wasi_http::{Error, Result};

/// Trusts the authorities that Mozilla trusts, as they were when this was built; the system's are not asked.
static TRUST: LazyLock<Option<Arc<ClientConfig>>> = LazyLock::new(|| {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    trusting(roots).ok()
});

/// A client that trusts these authorities.
fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// Begins TLS with a server, which has to prove that it is `host`.
///
/// # Errors
/// Where it is not, or does not speak TLS.
pub(super) async fn begin(host: &Host, stream: TcpStream) -> Result<TlsStream<TcpStream>> {
    let client = TRUST.as_ref().ok_or(Error::ConfigurationError)?;
    begin_with(client, host, stream).await
}

async fn begin_with(
    client: &Arc<ClientConfig>,
    host: &Host,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>> {
    let name = match host {
        Host::Domain(name) => ServerName::try_from(name.clone())?,
        Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
        Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
    };
    TlsConnector::from(Arc::clone(client)).connect(name, stream).await.map_err(|error| failure(&error))
}

fn failure(error: &std::io::Error) -> Error {
    let of_tls = error.get_ref().and_then(|error| error.downcast_ref());
    match of_tls {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Error::TlsCertificateError
        }
        _ => Error::TlsProtocolError,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use url::Host;
    use wasmtime_wasi_http::{Error, Result};

    use super::{TRUST, begin_with, trusting};

    /// Of `localhost`, vouched for by nobody else, until 2126; and its key, which is good for nothing but this test.
    const CERTIFICATE: &[u8] = include_bytes!("testdata/localhost.der");
    const KEY: &[u8] = include_bytes!("testdata/localhost.key.der");

    /// Echoes five bytes under TLS, once, and gives its port.
    fn server() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
        let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = builder.with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key).unwrap();
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
            let mut data = [0; 5];
            // A client that does not trust it goes.
            let _ = stream.read_exact(&mut data).and_then(|()| stream.write_all(&data));
        });
        port
    }

    /// What comes back from a server, as a client that trusts its certificate, or only what everybody trusts.
    fn hello(name: &str, trusts: bool) -> Result<[u8; 5]> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(CERTIFICATE)).unwrap();
        let client = if trusts { trusting(roots).unwrap() } else { Arc::clone(TRUST.as_ref().unwrap()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(("127.0.0.1", server())).await.unwrap();
            let mut stream = begin_with(&client, &Host::parse(name).unwrap(), stream).await?;
            stream.write_all(b"hello").await.unwrap();
            let mut data = [0; 5];
            stream.read_exact(&mut data).await.unwrap();
            Ok(data)
        })
    }

    #[test]
    fn a_server_proves_that_it_is_the_host() {
        assert_eq!(hello("localhost", true).unwrap(), *b"hello");
        for (name, trusts) in [("localhost", false), ("example.com", true), ("127.0.0.1", true)] {
            assert!(matches!(hello(name, trusts), Err(Error::TlsCertificateError)), "{name}");
        }
    }
}
