//! A session of the inspector over a WebSocket.

use futures_util::{SinkExt, StreamExt};
use innerbox::Inspector;
use tokio::net::TcpStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// Hands messages on, both ways, until the client goes. `rest` is what it has sent already.
pub(super) async fn session(stream: TcpStream, rest: Vec<u8>, inspector: &Inspector) {
    // Steps of a debugger are small messages, each of which is waited for.
    let _ = stream.set_nodelay(true);
    let socket = WebSocketStream::from_partially_read(stream, rest, Role::Server, None).await;
    let (mut sink, mut messages) = socket.split();
    let (sender, mut receiver) = unbounded_channel::<String>();
    let session = inspector.session(move |message| {
        // Where the client has gone, nobody hears it.
        let _ = sender.send(message.json().to_owned());
    });
    let writer = tokio::spawn(async move {
        while let Some(text) = receiver.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = messages.next().await {
        match message {
            Message::Text(text) => session.send(text.as_str()),
            Message::Close(_) => break,
            _ => {}
        }
    }
    drop(session);
    writer.abort();
}
