//! Ratios of figures and floors that were timed in turns, kept beside what criterion has kept.

use std::fs;
use std::path::PathBuf;

use crate::subject::target;

/// Keeps the ratio of each sample of a figure.
pub(crate) fn save(id: &str, ratios: &[f64]) {
    fs::write(file(id), serde_json::to_vec(ratios).unwrap()).unwrap();
}

/// The median of a figure's ratios when it was last measured; `None` where it has never been measured in turns.
pub(super) fn median(id: &str) -> Option<f64> {
    let mut ratios: Vec<f64> = serde_json::from_slice(&fs::read(file(id)).ok()?).ok()?;
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}

fn file(id: &str) -> PathBuf {
    target().join("criterion").join(id).join("ratios.json")
}
