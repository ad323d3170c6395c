//! Innerbox
