//! Guests: what compiles them, and building them.

pub(crate) mod build;
mod check;
pub(crate) mod compiler;
pub(crate) mod component_tool;
