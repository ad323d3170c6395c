//! One process, one disaster after the other, and after each of them a quiet neighbour and a next run that work.

use std::time::Duration;

use innerbox::{Limit, Limits, Outcome, Sandbox};

use crate::support::{ENGINE, extension, tight};

/// How a disaster must end.
enum End {
    /// The run gives this text, for the script caught what happened.
    Caught(&'static str),
    /// The run hits this limit, and its sandbox is condemned.
    Hits(Limit),
}

const DISASTERS: [(&str, &str, End); 6] = [
    (
        "a trap",
        "import { unreachable } from 'fixture-trap'; let name; try { unreachable(); } catch (e) { name = e.name; } export default name;",
        End::Caught("TrapError"),
    ),
    ("an endless loop in JavaScript", "for (;;) {}", End::Hits(Limit::WallMs)),
    (
        "an endless loop in a component",
        "import { forever } from 'fixture-spin'; let name; try { forever(); } catch (e) { name = e.name; } export default name;",
        End::Caught("LimitError"),
    ),
    (
        "a heap bomb",
        "const hoard = []; for (;;) hoard.push(new Array(1000).fill({}));",
        End::Hits(Limit::HeapBytes),
    ),
    (
        "a linear-memory bomb",
        "import { withoutEnd } from 'fixture-hoard'; let name; try { withoutEnd(); } catch (e) { name = e.name; } export default name;",
        End::Caught("LimitError"),
    ),
    (
        "a recursion bomb",
        "const deeper = () => deeper() + 1; let name; try { deeper(); } catch (e) { name = e.name; } export default name;",
        End::Caught("RangeError"),
    ),
];

fn sandbox() -> Sandbox {
    let limits =
        Limits { wall: Some(Duration::from_secs(3)), heap_bytes: 64 << 20, cpu: None, ..Limits::default() };
    let guests = ["fixture-trap", "fixture-spin", "fixture-hoard", "fixture-echo"];
    let builder = Sandbox::builder(&ENGINE).limits(limits);
    guests
        .iter()
        .fold(builder, |builder, name| builder.extension_with(&extension(name), tight()))
        .build()
        .unwrap()
}

const QUIET: &str = "import { add } from 'fixture-echo'; export default add(40, 2);";

#[test]
fn one_process_outlives_them_all() {
    let mut neighbour = sandbox();
    for (name, source, end) in DISASTERS {
        let mut tenant = sandbox();
        let completion = tenant.run_module_source("disaster.js", source);
        match (&completion.outcome, end) {
            (Outcome::Returned { .. }, End::Caught(text)) => {
                assert_eq!(completion.into_value::<String>().unwrap(), text, "{name}");
                let next = tenant.run_module_source("next.js", QUIET);
                assert_eq!(next.into_value::<u32>().unwrap(), 42, "the same sandbox after {name}");
            }
            (Outcome::Limit { limit, .. }, End::Hits(which)) => {
                assert_eq!(limit.which, which, "{name}");
                assert!(
                    matches!(tenant.eval("1").outcome, Outcome::Died { .. }),
                    "{name} condemns its sandbox"
                );
            }
            (outcome, _) => panic!("{name}: {outcome:?}"),
        }
        let next = sandbox().run_module_source("next.js", QUIET);
        assert_eq!(next.into_value::<u32>().unwrap(), 42, "a new sandbox after {name}");
        let quiet = neighbour.run_module_source(&format!("after-{name}.js"), QUIET);
        assert_eq!(quiet.into_value::<u32>().unwrap(), 42, "the neighbour after {name}");
    }
}
