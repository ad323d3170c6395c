//! What clients are told of the sandbox.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

/// The sandbox, as something to debug.
pub(super) struct Target {
    id: String,
    title: String,
    url: String,
}

impl Target {
    /// With a name of its own.
    pub(super) fn new(file: &str) -> Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow!("the system has no random bytes: {error}"))?;
        let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let (a, b, c, d, e) = (&digits[..8], &digits[8..12], &digits[13..16], &digits[17..20], &digits[20..]);
        let path = std::path::Path::new(file).canonicalize().unwrap_or_else(|_| file.into());
        Ok(Self {
            // As UUIDs of version 4 are written.
            id: format!("{a}-{b}-4{c}-a{d}-{e}"),
            title: file.to_owned(),
            url: format!("file://{}", path.display()),
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The address of its WebSocket, at a host.
    pub(super) fn socket(&self, host: &str) -> String {
        format!("ws://{host}/{}", self.id)
    }

    /// What is at `/json`, for a client that has called this machine `host`.
    pub(super) fn list(&self, host: &str) -> Value {
        let frontend = |page: &str| {
            format!(
                "devtools://devtools/bundled/{page}.html?experiments=true&v8only=true&ws={host}/{}",
                self.id
            )
        };
        json!([{
            "description": "innerbox sandbox",
            "devtoolsFrontendUrl": frontend("js_app"),
            "devtoolsFrontendUrlCompat": frontend("inspector"),
            "id": self.id,
            "title": self.title,
            "type": "node",
            "url": self.url,
            "webSocketDebuggerUrl": self.socket(host),
        }])
    }

    /// What is at `/json/version`.
    pub(super) fn version(&self) -> Value {
        json!({ "Browser": concat!("innerbox/", env!("CARGO_PKG_VERSION")), "Protocol-Version": "1.3" })
    }
}
