//! Each `cases/NAME.js` prints `cases/NAME.txt`, which is what Node.js 20 printed for it:
//! `node NAME.js > NAME.txt 2>&1`.

mod support;

use std::fs;
use std::path::Path;

use innerbox_bridge_node::Options;

#[test]
fn cases_print_what_node_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = 0;
    let mut failures = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_some_and(|extension| extension == "js") {
            cases += 1;
            failures.extend(difference(&path));
        }
    }
    assert!(cases > 3, "only {cases} cases were found");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The first line in which what the case prints is not what is expected.
fn difference(path: &Path) -> Option<String> {
    let script = fs::read_to_string(path).expect("the case");
    let expected = fs::read_to_string(path.with_extension("txt")).expect("what Node.js printed");
    let printed = support::run(&script, Options { cwd: "/work".into(), ..Options::default() });
    if printed == expected {
        return None;
    }
    let pairs = expected.lines().zip(printed.lines());
    let (number, (wanted, got)) = (1..)
        .zip(pairs)
        .find(|(_, (wanted, got))| wanted != got)
        .unwrap_or((0, ("all lines are equal", "as far as both go")));
    let name = path.file_name().unwrap_or_default().display();
    Some(format!("{name}:{number}\n  wanted {wanted}\n  got    {got}"))
}
