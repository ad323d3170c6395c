//! bridge-component
