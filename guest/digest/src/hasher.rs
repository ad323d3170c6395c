//! One state for three algorithms.

use sha2::Digest as _;
use xxhash_rust::xxh3::Xxh3;

use crate::bindings::exports::innerbox::digest::hash::Algorithm;

/// What a hash function remembers of the data it has seen.
pub(crate) enum State {
    Blake3(Box<blake3::Hasher>),
    Sha256(sha2::Sha256),
    Xxh3(Box<Xxh3>),
}

impl State {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Blake3 => Self::Blake3(Box::new(blake3::Hasher::new())),
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Xxh3 => Self::Xxh3(Box::new(Xxh3::new())),
        }
    }

    /// The state after all of `data`.
    pub(crate) fn of(algorithm: Algorithm, data: &[u8]) -> Self {
        let mut state = Self::new(algorithm);
        state.update(data);
        state
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Blake3(hasher) => {
                hasher.update(data);
            }
            Self::Sha256(hasher) => hasher.update(data),
            Self::Xxh3(hasher) => hasher.update(data),
        }
    }

    /// The digest so far. SHA-256 is finished on a copy, so that the state can go on.
    pub(crate) fn digest(&self) -> Vec<u8> {
        match self {
            Self::Blake3(hasher) => hasher.finalize().as_bytes().to_vec(),
            Self::Sha256(hasher) => hasher.clone().finalize().to_vec(),
            Self::Xxh3(hasher) => hasher.digest().to_be_bytes().to_vec(),
        }
    }

    pub(crate) fn reset(&mut self) {
        match self {
            Self::Blake3(hasher) => {
                hasher.reset();
            }
            Self::Sha256(hasher) => hasher.reset(),
            Self::Xxh3(hasher) => hasher.reset(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::hex;

    /// The published digests of three bytes, `abc`.
    #[test]
    fn each_algorithm_gives_its_published_digest() {
        for (algorithm, expected) in [
            (Algorithm::Blake3, "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Algorithm::Xxh3, "78af5f94892f3950"),
        ] {
            assert_eq!(hex(&State::of(algorithm, b"abc").digest()), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        let data: Vec<u8> = (0..100_000u32).map(|i| ((i * 31) >> 3) as u8).collect();
        for algorithm in [Algorithm::Blake3, Algorithm::Sha256, Algorithm::Xxh3] {
            let mut state = State::new(algorithm);
            for piece in data.chunks(777) {
                state.update(piece);
                state.digest();
            }
            assert_eq!(state.digest(), State::of(algorithm, &data).digest(), "{algorithm:?}");
            state.reset();
            assert_eq!(state.digest(), State::new(algorithm).digest(), "{algorithm:?}");
        }
    }
}
