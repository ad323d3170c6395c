//! The `digest` component: BLAKE3, SHA-256 and XXH3, at once or piece by piece.

mod hasher;
mod hex;

use std::cell::RefCell;

use crate::bindings::exports::innerbox::digest::hash::{Algorithm, Guest, GuestHasher};
use crate::hasher::State;
use crate::hex::hex;

mod bindings {
    wit_bindgen::generate!({ path: "digest.wit" });
    export!(Component with_types_in self);
    use super::Component;
}

struct Component;

impl Guest for Component {
    type Hasher = Hasher;

    fn blake3(data: Vec<u8>) -> Vec<u8> {
        State::of(Algorithm::Blake3, &data).digest()
    }

    fn sha256(data: Vec<u8>) -> Vec<u8> {
        State::of(Algorithm::Sha256, &data).digest()
    }

    fn xxh3(data: Vec<u8>) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&data)
    }

    fn digest(algorithm: Algorithm, data: Vec<u8>) -> Vec<u8> {
        State::of(algorithm, &data).digest()
    }

    fn digest_hex(algorithm: Algorithm, data: Vec<u8>) -> String {
        hex(&State::of(algorithm, &data).digest())
    }

    fn hex(bytes: Vec<u8>) -> String {
        hex(&bytes)
    }
}

/// The resource `hasher`. The state is boxed within: BLAKE3's alone takes 2 KiB.
struct Hasher(RefCell<State>);

impl GuestHasher for Hasher {
    fn new(algorithm: Algorithm) -> Self {
        Self(RefCell::new(State::new(algorithm)))
    }

    fn update(&self, data: Vec<u8>) {
        self.0.borrow_mut().update(&data);
    }

    fn digest(&self) -> Vec<u8> {
        self.0.borrow().digest()
    }

    fn digest_hex(&self) -> String {
        hex(&self.0.borrow().digest())
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }
}
