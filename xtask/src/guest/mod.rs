//! Guests: what compiles them, and building them.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod compiler;
pub(crate) mod component_tool;
