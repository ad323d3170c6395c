//! What components are lent: each grant, and what is denied without it, through each door.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use innerbox::{
    ConsoleSink, DoorChoice, Error, Extension, ExtensionGrant, Grant, Limits, Sandbox, SandboxBuilder, Stream,
};
use serde_json::{Value, json};

use crate::support::{DOORS, ENGINE, guest, tight};

/// What each script begins with.
const PRELUDE: &str = "
    import * as wasi from 'asking';
    const caught = (call) => {
      try { return call() ?? 'done'; } catch (error) { return `${error.name} ${error.message}`; }
    };
    const text = (path) => caught(() => new TextDecoder().decode(wasi.readFile(path)));
    const bytes = (text) => new TextEncoder().encode(text);
";

/// The guest that asks WASI for things, under another name than its file's.
fn asking(door: DoorChoice) -> Extension {
    named("asking", door)
}

fn named(name: &str, door: DoorChoice) -> Extension {
    Extension::from_bytes_by(&ENGINE, name, &std::fs::read(guest("fixture-wasi")).unwrap(), door).unwrap()
}

fn builder(door: DoorChoice) -> SandboxBuilder<'static> {
    Sandbox::builder(&ENGINE).extension_with(&asking(door), tight())
}

#[track_caller]
fn run(sandbox: &mut Sandbox, source: &str) -> Value {
    let completion = sandbox.run_module_source("test.js", &format!("{PRELUDE}{source}"));
    let record = serde_json::to_value(&completion).unwrap();
    assert_eq!(record["outcome"], "returned", "{record:#}");
    record["value"].clone()
}

/// What a script sees with these grants: the same through each door. It must leave the files as it found them.
#[track_caller]
fn ask(grants: &[ExtensionGrant], source: &str) -> Value {
    let [own, other] = DOORS.map(|door| {
        let builder = builder(door).extension_grants("asking", grants.iter().cloned());
        run(&mut builder.build().unwrap(), source)
    });
    assert_eq!(own, other, "the doors differ: {source}");
    own
}

#[track_caller]
fn check(grants: &[ExtensionGrant], source: &str, expected: &Value) {
    assert_eq!(ask(grants, source), *expected, "{source}");
}

/// A folder `lent` with files, and a file beside it that is not lent.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("lent/in")).unwrap();
        for (file, text) in [("secret.txt", "secret"), ("lent/a.txt", "a"), ("lent/in/b.txt", "b")] {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn lent(&self) -> std::path::PathBuf {
        self.path().join("lent")
    }

    fn link(&self, original: impl AsRef<Path>, link: &str) {
        std::os::unix::fs::symlink(original, self.lent().join(link)).unwrap();
    }

    /// The names below `lent`, and what is in `a.txt`.
    fn state(&self) -> (Vec<String>, String) {
        let entries = std::fs::read_dir(self.lent()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        (names, std::fs::read_to_string(self.lent().join("a.txt")).unwrap())
    }
}

/// Everything that changes a folder, under `/lent`.
const CHANGES: &str = "
    const changes = [
      () => wasi.writeFile('/lent/new.txt', bytes('new')),
      () => wasi.writeFile('/lent/a.txt', bytes('changed')),
      () => wasi.append('/lent/a.txt', bytes('more')),
      () => wasi.makeDir('/lent/made'),
      () => wasi.rename('/lent/a.txt', '/lent/c.txt'),
      () => wasi.removeFile('/lent/a.txt'),
      () => wasi.hardLink('/lent/a.txt', '/lent/hard.txt'),
      () => wasi.symbolicLink('a.txt', '/lent/soft.txt'),
    ];
";

#[test]
fn a_directory_that_is_lent_for_reading_is_read_and_not_changed() {
    let files = Files::new();
    let before = files.state();
    let source = format!(
        "{CHANGES}
         export default [text('/lent/a.txt'), text('/lent/in/b.txt'), text('/lent/./in/../a.txt'), wasi.listDir('/lent'),
           changes.map(caught), text('/lent/nowhere.txt')];"
    );
    let seen = ask(&[ExtensionGrant::read(files.lent(), "/lent")], &source);
    assert_eq!(seen[0], "a");
    assert_eq!(seen[1], "b");
    assert_eq!(seen[2], "a");
    assert_eq!(seen[3], json!(["a.txt", "in"]));
    for denied in seen[4].as_array().unwrap() {
        let denied = denied.as_str().unwrap();
        assert!(denied.contains("not permitted") || denied.contains("Read-only"), "{denied}");
    }
    assert_eq!(seen[5], "ComponentError `readFile`: No such file or directory (os error 44)");
    assert_eq!(files.state(), before);
}

#[test]
fn a_directory_that_is_lent_for_writing_is_changed() {
    let files = Files::new();
    check(
        &[ExtensionGrant::write(files.lent(), "/lent")],
        "wasi.writeFile('/lent/new.txt', bytes('new'));
         const length = wasi.append('/lent/new.txt', bytes('er'));
         wasi.rename('/lent/new.txt', '/lent/in/c.txt');
         const seen = [text('/lent/in/c.txt'), String(length), wasi.listDir('/lent/in')];
         wasi.hardLink('/lent/in/c.txt', '/lent/hard.txt');
         wasi.symbolicLink('in/c.txt', '/lent/soft.txt');
         seen.push(text('/lent/hard.txt'), text('/lent/soft.txt'));
         for (const file of ['in/c.txt', 'hard.txt', 'soft.txt']) wasi.removeFile(`/lent/${file}`);
         export default [...seen, wasi.listDir('/lent')];",
        &json!(["newer", "5", ["b.txt", "c.txt"], "newer", "newer", ["a.txt", "in"]]),
    );
}

#[test]
fn without_a_grant_there_is_no_directory() {
    let files = Files::new();
    let before = files.state();
    let source = format!(
        "{CHANGES}
         export default [text('/lent/a.txt'), text('{0}/a.txt'), caught(() => wasi.listDir('/')),
           caught(() => wasi.listDir('.')), ...changes.map(caught)];",
        files.lent().display()
    );
    for denied in ask(&[], &source).as_array().unwrap() {
        assert!(denied.as_str().unwrap().starts_with("ComponentError "), "{denied}");
    }
    assert_eq!(files.state(), before);
}

#[test]
fn paths_do_not_leave_what_is_lent() {
    let files = Files::new();
    files.link("../secret.txt", "out.txt");
    files.link(files.path().join("secret.txt"), "absolute.txt");
    files.link("..", "above");
    files.link("in/b.txt", "within.txt");
    let before = files.state();
    let source = "
        const reads = ['/lent/../secret.txt', '/lent/in/../../secret.txt', '/lent/out.txt', '/lent/absolute.txt',
          '/lent/above/secret.txt', '/lent/above/lent/../secret.txt', '/secret.txt', '../secret.txt', '/etc/passwd'];
        const changes = [
          () => wasi.writeFile('/lent/../made.txt', bytes('made')),
          () => wasi.writeFile('/lent/out.txt', bytes('changed')),
          () => wasi.writeFile('/lent/above/made.txt', bytes('made')),
          () => wasi.removeFile('/lent/../secret.txt'),
          () => wasi.rename('/lent/a.txt', '/lent/../moved.txt'),
          () => wasi.rename('/lent/../secret.txt', '/lent/moved.txt'),
          () => wasi.hardLink('/lent/../secret.txt', '/lent/hard.txt'),
          () => wasi.hardLink('/lent/above/secret.txt', '/lent/hard.txt'),
          () => wasi.symbolicLink('/etc/passwd', '/lent/passwd.txt'),
          () => wasi.makeDir('/lent/../made'),
          () => wasi.listDir('/lent/..'),
          () => wasi.listDir('/lent/above'),
        ];
        // To make a link that leads out is no escape; to follow it is.
        caught(() => wasi.symbolicLink('../secret.txt', '/lent/made.txt'));
        const followed = text('/lent/made.txt');
        caught(() => wasi.removeFile('/lent/made.txt'));
        export default [text('/lent/within.txt'), [followed, ...reads.map(text), ...changes.map(caught)]];";
    let seen = ask(&[ExtensionGrant::write(files.lent(), "/lent")], source);
    assert_eq!(seen[0], "b");
    for denied in seen[1].as_array().unwrap() {
        let denied = denied.as_str().unwrap();
        assert!(denied.starts_with("ComponentError "), "{denied}");
        assert!(!denied.contains(&*files.path().to_string_lossy()), "a path of the host: {denied}");
    }
    assert_eq!(files.state(), before);
    assert_eq!(std::fs::read_to_string(files.path().join("secret.txt")).unwrap(), "secret");
    assert_eq!(std::fs::read_dir(files.path()).unwrap().count(), 2);
}

#[test]
fn a_right_does_not_pass_from_one_directory_to_another() {
    let files = Files::new();
    let other = tempfile::tempdir().unwrap();
    let grants = [ExtensionGrant::read(files.lent(), "/read"), ExtensionGrant::write(other.path(), "/write")];
    let seen = ask(
        &grants,
        "const moves = [
           () => wasi.hardLink('/read/a.txt', '/write/a.txt'),
           () => wasi.rename('/read/a.txt', '/write/a.txt'),
           () => wasi.writeFile('/write/../read/a.txt', bytes('changed')),
         ];
         wasi.writeFile('/write/b.txt', bytes('b'));
         moves.push(() => wasi.rename('/write/b.txt', '/read/b.txt'), () => wasi.hardLink('/write/b.txt', '/read/b.txt'));
         export default moves.map(caught);",
    );
    for denied in seen.as_array().unwrap() {
        assert!(denied.as_str().unwrap().starts_with("ComponentError "), "{denied}");
    }
    assert_eq!(files.state(), Files::new().state());
}

#[test]
fn what_takes_the_place_of_a_directory_is_not_lent() {
    for door in DOORS {
        let files = Files::new();
        let grants = [ExtensionGrant::read(files.lent(), "/lent")];
        let mut sandbox = builder(door).extension_grants("asking", grants).build().unwrap();
        std::fs::rename(files.lent(), files.path().join("away")).unwrap();
        std::os::unix::fs::symlink("/etc", files.lent()).unwrap();
        let seen = run(&mut sandbox, "export default [text('/lent/a.txt'), text('/lent/passwd')];");
        assert_eq!(seen[0], "a");
        assert!(seen[1].as_str().unwrap().contains("No such file"), "{seen}");
    }
}

#[test]
fn to_lend_a_directory_twice_lends_the_greater_right() {
    let files = Files::new();
    let both = [ExtensionGrant::write(files.lent(), "/lent"), ExtensionGrant::read(files.lent(), "/lent")];
    let source = "const done = caught(() => wasi.writeFile('/lent/new.txt', bytes('new')));
        caught(() => wasi.removeFile('/lent/new.txt'));
        export default done;";
    check(&both, source, &json!("done"));
}

#[test]
fn variables_and_arguments_are_lent_one_by_one() {
    let source = "export default [wasi.args(), wasi.envVars(), wasi.envVar('A') ?? null, wasi.envVar('PATH') ?? null];";
    check(&[], source, &json!([[], [], null, null]));
    let grants = [
        ExtensionGrant::argument("asking"),
        ExtensionGrant::argument("--flag"),
        ExtensionGrant::variable("A", "first"),
        ExtensionGrant::variable("B", "b = \u{e9}"),
        ExtensionGrant::variable("A", "last"),
    ];
    let expected = json!([["asking", "--flag"], [["A", "last"], ["B", "b = \u{e9}"]], "last", null]);
    check(&grants, source, &expected);
}

/// What is written, with its stream.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<String>>);

impl ConsoleSink for Written {
    fn write(&mut self, stream: Stream, text: &str) {
        let stream = if stream == Stream::Out { "out" } else { "err" };
        self.0.borrow_mut().push_str(&format!("{stream} {text:?};"));
    }
}

const SPEAK: &str = "
    console.log('1');
    wasi.print('2\\n');
    console.error('3');
    wasi.printError('4\\n');
    wasi.printBytes(bytes('\u{e9}').subarray(0, 1));
    wasi.printBytes(bytes('\u{e9}').subarray(1));
    wasi.printBytes(new Uint8Array([0xff, 0x0a]));
    console.log('5');
    export default wasi.readStdin();";

#[test]
fn standard_streams_lead_to_the_console_where_they_are_lent() {
    let lent = "out \"1\\n\";out \"2\\n\";err \"3\\n\";err \"4\\n\";out \"\u{e9}\";out \"\u{fffd}\\n\";out \"5\\n\";";
    let denied = "out \"1\\n\";err \"3\\n\";out \"5\\n\";";
    for door in DOORS {
        for (grants, expected) in [(vec![ExtensionGrant::stdio()], lent), (vec![], denied)] {
            let written = Written::default();
            let builder = builder(door).extension_grants("asking", grants).console(written.clone());
            assert_eq!(run(&mut builder.build().unwrap(), SPEAK), "", "the standard input is closed");
            assert_eq!(*written.0.borrow(), expected, "{door:?}");
        }
    }
}

#[test]
fn a_component_writes_under_the_limit_of_the_console() {
    for door in DOORS {
        let written = Written::default();
        let mut sandbox = builder(door)
            .extension_grants("asking", [ExtensionGrant::stdio()])
            .limits(Limits { console_bytes: 10, ..Limits::default() })
            .console(written.clone())
            .build()
            .unwrap();
        let seen = run(
            &mut sandbox,
            "wasi.print('1234\\n');
             let error;
             try { wasi.print('123456'); } catch (thrown) { error = thrown; }
             const limit = [error.name, error.code, error.limit, error.used, error.allowed];
             wasi.print('789\\n');
             console.log('');
             export default [...limit, caught(() => console.log(''))];",
        );
        let expected = json!([
            "LimitError",
            "ERR_LIMIT",
            "console bytes",
            11,
            10,
            "RangeError limit reached: console bytes: 10 allowed"
        ]);
        assert_eq!(seen, expected);
        assert_eq!(*written.0.borrow(), "out \"1234\\n\";out \"789\\n\";out \"\\n\";");
    }
}

#[test]
fn what_is_written_on_another_thread_waits_for_the_console() {
    for door in DOORS {
        let written = Written::default();
        let mut sandbox = builder(door)
            .extension_grants("asking", [ExtensionGrant::stdio()])
            .limits(Limits { console_bytes: 20, ..Limits::default() })
            .console(written.clone())
            .build()
            .unwrap();
        let seen = run(
            &mut sandbox,
            "import { promising } from 'innerbox:component';
             const print = promising(wasi.print);
             await print('1\\n');
             console.log('2');
             wasi.print('3\\n');
             const line = await print('x'.repeat(20)).catch((error) => `${error.name} ${error.limit}`);
             console.log('4');
             promising(wasi.print)('5\\n');
             export default line;",
        );
        assert_eq!(seen, "LimitError console bytes");
        let lines = ["1", "2", "3", "4", "5"].map(|line| format!("out \"{line}\\n\";"));
        assert_eq!(*written.0.borrow(), lines.concat());
    }
}

/// Instances on several threads write at once: lines come whole, and each once.
#[test]
fn nothing_is_lost_of_what_many_threads_write() {
    for door in DOORS {
        let written = Written::default();
        let grants = [ExtensionGrant::stdio()];
        let builder = builder(door).extension_grants("asking", grants).console(written.clone());
        run(
            &mut builder.build().unwrap(),
            "import { promising } from 'innerbox:component';
             const print = promising(wasi.print, { instances: 4 });
             const all = Array.from({ length: 200 }, (_, i) => print(`component ${i}\n`));
             for (let i = 0; i < 50; i++) { console.log(`script ${i}`); await null; }
             await Promise.all(all);
             export default '';",
        );
        let text = written.0.borrow();
        let mut lines: Vec<_> = text.split(';').filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 250, "{door:?}");
        let scripts: Vec<_> = lines.iter().filter(|line| line.contains("script")).collect();
        assert!(scripts.iter().enumerate().all(|(i, line)| **line == format!("out \"script {i}\\n\"")));
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 250, "{door:?}");
    }
}

#[test]
fn clocks_are_coarse_unless_finer_ones_are_lent() {
    let fine = "
        wasi.monotonicClock();
        const isFine = (clock) => Array.from({ length: 100 }, () => clock()).some((time) => time % 1_000_000n !== 0n);
        export default [isFine(wasi.monotonicClock), isFine(wasi.wallClock)];";
    check(&[], fine, &json!([false, false]));
    check(&[ExtensionGrant::fine_clocks()], fine, &json!([true, true]));
}

#[test]
fn a_grant_is_for_one_extension_of_one_sandbox() {
    for door in DOORS {
        let grants = [ExtensionGrant::variable("A", "lent")];
        let files = Files::new();
        let component = files.lent().join("asking.wasm");
        std::fs::copy(guest("fixture-wasi"), &component).unwrap();
        let mut sandbox = builder(door)
            .extension(&named("other", door))
            .extension_grants("asking", grants)
            .grant(Grant::read(files.lent()))
            .grant(Grant::variable("A", "of the script"))
            .build()
            .unwrap();
        let source = format!(
            "import {{ envVar as ofAnother }} from 'other';
             import {{ envVar as ofInterface }} from 'test:wasi/asks';
             import {{ envVar as ofFile }} from 'file://{0}';
             import {{ instantiate }} from 'innerbox:component';
             const own = instantiate('asking').envVar('A');
             const ownOfFile = instantiate('file://{0}').envVar('A');
             export default [wasi.envVar('A'), ofInterface('A'), own, ofAnother('A') ?? null, ofFile('A') ?? null,
               ownOfFile ?? null, process.env.A];",
            component.display()
        );
        let expected = json!(["lent", "lent", "lent", null, null, null, "of the script"]);
        assert_eq!(run(&mut sandbox, &source), expected, "{door:?}");
        let mut neighbour = builder(door).build().unwrap();
        assert_eq!(run(&mut neighbour, "export default wasi.envVar('A') ?? null"), Value::Null);
    }
}

#[test]
fn an_extension_that_is_found_is_lent_what_is_its_own() {
    for door in DOORS {
        let mut sandbox = Sandbox::builder(&ENGINE)
            .extensions_from(tight(), move |name| Ok(Some(named(name, door))))
            .extension_grants("asking", [ExtensionGrant::variable("A", "lent")])
            .build()
            .unwrap();
        let source = "import { envVar } from 'other'; export default [wasi.envVar('A'), envVar('A') ?? null]";
        assert_eq!(run(&mut sandbox, source), json!(["lent", null]));
    }
}

#[test]
fn the_next_instance_is_lent_the_same() {
    let files = Files::new();
    let grants = [ExtensionGrant::read(files.lent(), "/lent"), ExtensionGrant::variable("A", "lent")];
    let source = "caught(() => wasi.exit(0)); export default [text('/lent/a.txt'), wasi.envVar('A')];";
    check(&grants, source, &json!(["a", "lent"]));
}

#[test]
fn grants_that_cannot_be_are_refused() {
    let files = Files::new();
    let refusal = |name: &str, grants: Vec<ExtensionGrant>| {
        let built = builder(DoorChoice::Auto).extension_grants(name, grants).build();
        built.err().expect("the grants cannot be")
    };
    let config = [
        ("elsewhere", ExtensionGrant::stdio()),
        ("asking", ExtensionGrant::variable("", "value")),
        ("asking", ExtensionGrant::variable("A=B", "value")),
        ("asking", ExtensionGrant::variable("A", "zero \0 byte")),
        ("asking", ExtensionGrant::argument("zero \0 byte")),
        ("asking", ExtensionGrant::read(files.lent(), "")),
    ];
    for (name, grant) in config {
        assert!(matches!(refusal(name, vec![grant.clone()]), Error::Config(_)), "{grant:?}");
    }
    let twice =
        vec![ExtensionGrant::read(files.lent(), "/lent"), ExtensionGrant::read(files.path(), "/lent")];
    assert!(matches!(refusal("asking", twice), Error::Config(_)));
    for missing in ["nowhere", "secret.txt"] {
        let grant = ExtensionGrant::read(files.path().join(missing), "/lent");
        assert!(
            matches!(refusal("asking", vec![grant]), Error::Io { what: "lend directory", .. }),
            "{missing}"
        );
    }
}
