//! Work inside a component, beside the same crates compiled for this machine, and beside plain JavaScript.

mod digest;
mod image;

use criterion::Criterion;

pub(crate) fn bench(criterion: &mut Criterion) {
    digest::bench(criterion);
    image::bench(criterion);
}
