//! `innerbox doctor`, and warnings on the command line.

use std::process::{Command, Output};

use serde_json::Value;

fn innerbox(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_innerbox")).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn it_tells_what_this_build_is() {
    let told = json(&innerbox(&["doctor", "--json"]));
    assert!(told["version"].as_str().is_some_and(|version| version.contains("V8 15")), "{told}");
    assert_eq!(told["limits"]["timers"], 10_000);
    assert_eq!(told["limits"]["wall_ms"], 30_000);
    let text = String::from_utf8(innerbox(&["doctor"]).stdout).unwrap();
    assert!(text.contains("heap_bytes") && text.contains("128.0 MiB"), "{text}");
}

#[test]
fn every_limit_of_this_build_holds() {
    let output = innerbox(&["doctor", "--hostile", "--json"]);
    let told = json(&output);
    assert!(output.status.success() && told["holds"] == true, "{told:#}");
    assert_eq!(told["checks"].as_array().map(Vec::len), Some(10));
}

#[test]
fn a_warning_is_told_before_the_limit() {
    let output = innerbox(&["eval", "--wall", "300ms", "--warn-at", "50%", "for (;;) {}"]);
    let told = String::from_utf8(output.stderr).unwrap();
    let warned = told.find("warning: milliseconds of wall time: 1").unwrap_or_else(|| panic!("{told}"));
    assert!(warned < told.find("limit reached: milliseconds of wall time").unwrap(), "{told}");
    let refused = innerbox(&["eval", "--warn-at", "120%", "1"]);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("expected a share such as `80%`"));
}
