//! What stands before a snapshot in its bytes: what it is, which build has made it, and a checksum of everything.
//!
//! V8 aborts the process where it is given a snapshot of another V8, or a damaged one. So nothing reaches it that is not,
//! byte for byte, what this build has written.
//!
//! ```text
//!  0  magic           16 bytes
//! 16  format           4 bytes, as all numbers with the lowest byte first
//! 20  header's length  4 bytes
//! 24  length of what follows the checksum, 8 bytes
//! 32  SHA-256         32 bytes, of everything after it
//! 64  header          JSON, with spaces up to a multiple of 16
//!     V8's snapshot
//! ```

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Needs;
use crate::error::Error;
use crate::isolate::realm;

const MAGIC: &[u8; 16] = b"innerbox-warm-up";

/// Goes up with every change of what is described above.
const FORMAT: u32 = 1;

/// Where the checked bytes begin.
const HEAD: usize = 64;

/// V8 wants its snapshot at a multiple of this.
const ALIGNMENT: usize = 16;

/// What is told of a snapshot.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    build: Build,
    heap_bytes: u64,
    array_buffer_bytes: u64,
}

/// What a snapshot is bound to: what V8 makes of it depends on each of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Build {
    innerbox: String,
    v8: String,
    target: String,
    /// V8's own number for its version and all of its flags.
    flags: u32,
    /// How many functions and texts of this program a snapshot may refer to, by their places in a list.
    references: usize,
    /// The SHA-256 of the realm's snapshot, which it was made from.
    realm: String,
}

impl Build {
    /// This one.
    fn this() -> &'static Self {
        static THIS: LazyLock<Build> = LazyLock::new(|| Build {
            innerbox: env!("CARGO_PKG_VERSION").to_owned(),
            v8: v8::V8::get_version().to_owned(),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            flags: v8::script_compiler::cached_data_version_tag(),
            references: innerbox_realm::snapshot::references().len(),
            realm: hex(&Sha256::digest(realm::snapshot_bytes())),
        });
        &THIS
    }

    /// In what another build differs from this one.
    fn difference(&self) -> Option<String> {
        let this = Self::this();
        let made_by = |what: &str, made: &str, this: &str| {
            (made != this).then(|| format!("made by {what} `{made}`, and this is `{this}`"))
        };
        let rest = || {
            let same = self.references == this.references && self.realm == this.realm;
            (!same).then(|| format!("made by another build of innerbox `{}`", this.innerbox))
        };
        made_by("innerbox", &self.innerbox, &this.innerbox)
            .or_else(|| made_by("V8", &self.v8, &this.v8))
            .or_else(|| made_by("innerbox for", &self.target, &this.target))
            .or_else(|| (self.flags != this.flags).then(|| "made under other flags of V8".to_owned()))
            .or_else(rest)
    }
}

impl Header {
    pub(super) fn new(needs: Needs) -> Self {
        Self {
            build: Build::this().clone(),
            heap_bytes: needs.heap_bytes as u64,
            array_buffer_bytes: needs.array_buffer_bytes as u64,
        }
    }

    pub(super) fn needs(&self) -> Result<Needs, Error> {
        let bytes =
            |bytes: u64| usize::try_from(bytes).map_err(|_| refused("larger than this machine's memory"));
        Ok(Needs { heap_bytes: bytes(self.heap_bytes)?, array_buffer_bytes: bytes(self.array_buffer_bytes)? })
    }

    /// Writes the header and what V8 has made, and says where in the answer that lies.
    pub(super) fn write(&self, snapshot: &[u8]) -> Result<(Vec<u8>, Range<usize>), Error> {
        let fault = |_| Error::Snapshot("host fault: it cannot be written".to_owned());
        let mut header = serde_json::to_vec(self).map_err(|error| fault(error.to_string()))?;
        header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
        let header_len = u32::try_from(header.len()).map_err(|error| fault(error.to_string()))?;
        let checked = [&header[..], snapshot].concat();
        let bytes = [
            &MAGIC[..],
            &FORMAT.to_le_bytes(),
            &header_len.to_le_bytes(),
            &(checked.len() as u64).to_le_bytes(),
            &Sha256::digest(&checked),
            &checked,
        ]
        .concat();
        let snapshot = HEAD + header.len()..bytes.len();
        Ok((bytes, snapshot))
    }

    /// Reads the header, and finds what V8 has made. Everything is checked.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Range<usize>), Error> {
        let head = Head::read(bytes)?;
        let checked = &bytes[HEAD..];
        if checked.len() as u64 != head.checked_len {
            let (is, was) = (checked.len(), head.checked_len);
            return Err(refused(&format!("damaged: {is} bytes after its head, where {was} were written")));
        }
        if Sha256::digest(checked)[..] != head.sha256 {
            return Err(refused("damaged: its checksum is of other bytes"));
        }
        let header = usize::try_from(head.header_len).ok().and_then(|len| checked.get(..len));
        let header = header.filter(|header| header.len() % ALIGNMENT == 0);
        let header = header.ok_or_else(|| refused("damaged: its header is longer than all of it"))?;
        let snapshot = HEAD + header.len()..bytes.len();
        let header: Self = serde_json::from_slice(header)
            .map_err(|error| refused(&format!("damaged: its header cannot be read: {error}")))?;
        match header.build.difference() {
            Some(difference) => Err(refused(&difference)),
            None => Ok((header, snapshot)),
        }
    }
}

/// What stands in fixed places.
struct Head {
    header_len: u32,
    checked_len: u64,
    sha256: [u8; 32],
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, Error> {
        let fields = bytes
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.split_first_chunk::<4>())
            .and_then(|(format, rest)| Some((format, rest.split_first_chunk::<4>()?)))
            .and_then(|(format, (header, rest))| Some((format, header, rest.split_first_chunk::<8>()?)))
            .and_then(|(format, header, (checked, rest))| {
                Some((format, header, checked, rest.first_chunk()?))
            });
        let (format, header, checked, sha256) =
            fields.ok_or_else(|| refused("not a snapshot of innerbox's"))?;
        match u32::from_le_bytes(*format) {
            FORMAT => Ok(Self {
                header_len: u32::from_le_bytes(*header),
                checked_len: u64::from_le_bytes(*checked),
                sha256: *sha256,
            }),
            other => Err(refused(&format!("made in format {other}, and this innerbox knows {FORMAT}"))),
        }
    }
}

fn refused(what: &str) -> Error {
    Error::Snapshot(format!("refused: {what}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs { heap_bytes: 1 << 20, array_buffer_bytes: 5 };

    fn message(bytes: &[u8]) -> String {
        Header::read(bytes).map(|_| ()).expect_err("it must be refused").to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let (bytes, snapshot) = Header::new(NEEDS).write(b"what V8 made").expect("it can be written");
        assert_eq!((&bytes[snapshot.clone()], snapshot.start % ALIGNMENT), (&b"what V8 made"[..], 0));
        let (header, read) = Header::read(&bytes).expect("it is whole");
        assert_eq!((header.needs().expect("it is small"), read), (NEEDS, snapshot));
    }

    #[test]
    fn any_byte_that_is_missing_or_changed_is_found() {
        let (bytes, _) = Header::new(NEEDS).write(b"what V8 made").expect("it can be written");
        for end in 0..bytes.len() {
            assert!(Header::read(&bytes[..end]).is_err(), "cut at {end}");
        }
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 1;
            // The header's length is not among the checked bytes, but a wrong one leaves no header.
            assert!(Header::read(&bytes).is_err(), "changed at {place}");
        }
        assert!(Header::read(&[&bytes[..], b" "].concat()).is_err());
    }

    #[test]
    fn another_build_is_named() {
        let of = |change: fn(&mut Build)| {
            let mut header = Header::new(NEEDS);
            change(&mut header.build);
            message(&header.write(b"").expect("it can be written").0)
        };
        let refused = "snapshot: refused: made";
        let version = Build::this().innerbox.clone();
        let v8 = of(|build| build.v8 = "1.2.3".to_owned());
        assert!(v8.starts_with(&format!("{refused} by V8 `1.2.3`, and this is `")), "{v8}");
        let innerbox = of(|build| build.innerbox = "0.0.0".to_owned());
        assert_eq!(innerbox, format!("{refused} by innerbox `0.0.0`, and this is `{version}`"));
        assert!(of(|build| build.target = "vax-vms".to_owned()).contains("for `vax-vms`"));
        assert_eq!(of(|build| build.flags ^= 1), format!("{refused} under other flags of V8"));
        let another = format!("{refused} by another build of innerbox `{version}`");
        assert_eq!(of(|build| build.references += 1), another);
        assert_eq!(of(|build| build.realm = "00".to_owned()), another);
    }
}
