//! bridge-web
