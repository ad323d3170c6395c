//! bridge-node
