//! Every disaster of `tests/hostile`, in a process of its own: alone, and beside a quiet tenant that must not see any of
//! it, in a sandbox that begins with a snapshot. How each has to end is in its head. `docs/security.md` has the table of how they did.
#![expect(
    clippy::print_stdout,
    reason = "a process tells its parent how a disaster ended, and the table is for docs/security.md"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use innerbox::{Config, Engine, Limits, Outcome, Sandbox, Snapshot};

/// What a process is told by: the disaster that it shall run, and whether there is a quiet tenant beside.
const FILE: &str = "INNERBOX_HOSTILE_FILE";
const BESIDE: &str = "INNERBOX_HOSTILE_BESIDE";

/// How long after its limit a run may go on. Collecting the garbage of a whole heap alone may take half a second.
const GRACE: Duration = Duration::from_secs(2);

/// The longest that a run of the quiet tenant may take: it adds a few numbers.
const QUIET_MAX: Duration = Duration::from_secs(1);

/// Processor time where that is what has to end a disaster, and where something else has to.
const CPU: Duration = Duration::from_millis(300);
const CPU_AMPLE: Duration = Duration::from_secs(30);

/// Exit code of a process that was told of a run which goes on past its limit.
const OVERRUN: i32 = 9;

/// What a disaster may use. Where processor time is what has to end it, there is little.
const LIMITS: Limits = Limits {
    heap_bytes: 64 << 20,
    array_buffer_bytes: 64 << 20,
    cpu: Some(CPU),
    wall: Some(Duration::from_secs(60)),
    source_bytes: 1 << 20,
    timers: 100,
    pending_promises: 100,
    handles: 100,
    console_bytes: 1 << 20,
    value_bytes: 1 << 20,
};

/// A file of `tests/hostile`.
struct Disaster {
    name: String,
    what: String,
    expects: Vec<String>,
}

#[test]
fn every_disaster_ends_as_it_says() {
    if let Ok(file) = std::env::var(FILE) {
        return run(Path::new(&file), std::env::var_os(BESIDE).is_some());
    }
    let disasters = disasters();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(disaster) = disasters.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for beside in [false, true] {
                        if let Err(error) = disaster.check(beside) {
                            wrong.lock().unwrap().push(format!("{}: {error}", disaster.name));
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} end otherwise:\n{}", wrong.len(), wrong.join("\n"));
    compare_with_docs(&table(&disasters));
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

fn disasters() -> Vec<Disaster> {
    let entries = std::fs::read_dir(directory()).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 50, "only {} disasters", files.len());
    files.iter().map(|file| Disaster::read(file)).collect()
}

impl Disaster {
    fn read(file: &Path) -> Self {
        let source = std::fs::read_to_string(file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let mut head = source.lines().map_while(|line| line.strip_prefix("// "));
        let what = head.next().unwrap_or_else(|| panic!("{name} does not say what it does")).to_owned();
        let expects = head.next().and_then(|line| line.strip_prefix("expects: "));
        let expects = expects.unwrap_or_else(|| panic!("{name} does not say how it ends"));
        Self { name, what, expects: expects.split(" or ").map(str::to_owned).collect() }
    }

    /// What it may use: where its time shall not be up first, it has more of that.
    fn limits(&self) -> Limits {
        let expects = |ended: &str| self.expects.iter().any(|expected| expected == ended);
        let cpu = if expects("limit cpu_ms") || expects("overrun") { CPU } else { CPU_AMPLE };
        let wall = if expects("limit wall_ms") { Some(CPU) } else { LIMITS.wall };
        Limits { cpu: Some(cpu), wall, ..LIMITS }
    }

    /// Runs it in a process of its own, which says how it ended.
    fn check(&self, beside: bool) -> Result<(), String> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "hostile::every_disaster_ends_as_it_says", "--nocapture"]);
        command.env(FILE, directory().join(format!("{}.js", self.name))).stdin(Stdio::null());
        if beside {
            command.env(BESIDE, "1");
        }
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let ended = told.lines().find_map(|line| line.split_once("ended: ").map(|(_, ended)| ended));
        let place = if beside { "beside a quiet tenant" } else { "alone" };
        match ended {
            Some(ended) if output.status.success() || output.status.code() == Some(OVERRUN) => {
                let expected = self.expects.iter().any(|expected| expected == ended);
                if expected { Ok(()) } else { Err(format!("{place}: {ended}")) }
            }
            _ => {
                let error = String::from_utf8_lossy(&output.stderr);
                Err(format!("{place}: the process died ({}): {told}{error}", output.status))
            }
        }
    }
}

/// In the process of the disaster: runs it, and prints how it ended.
fn run(file: &Path, beside: bool) {
    let source = std::fs::read_to_string(file).unwrap();
    let limits = Disaster::read(file).limits();
    let engine = Engine::new(Config::new().cache_off()).unwrap();
    let snapshot = beside.then(|| {
        let warm_up = "var warm = [1, 2, 3].map((n) => n * 2); warm.sort(); JSON.stringify(warm)";
        Snapshot::builder(&engine).script("warm.js", warm_up).create().unwrap()
    });
    let (began, over) = (AtomicBool::new(!beside), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let quiet = beside.then(|| scope.spawn(|| stay_quiet(&engine, &began, &over)));
        while !began.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        let ended = std::thread::Builder::new()
            .stack_size(16 << 20)
            .spawn_scoped(scope, || disaster(&engine, limits, snapshot.as_ref(), &source))
            .unwrap()
            .join();
        over.store(true, Ordering::Release);
        if let Some(quiet) = quiet {
            quiet.join().unwrap();
        }
        println!("ended: {}", ended.unwrap());
    });
}

/// Runs what is hostile, and gives how that ended.
fn disaster(engine: &Engine, limits: Limits, snapshot: Option<&Snapshot>, source: &str) -> String {
    let mut builder = Sandbox::builder(engine).limits(limits).on_overrun(GRACE, |_| {
        println!("ended: overrun");
        std::process::exit(OVERRUN);
    });
    if let Some(snapshot) = snapshot {
        builder = builder.snapshot(snapshot);
    }
    let mut sandbox = builder.build().unwrap();
    let completion = sandbox.eval(source);
    let cpu = completion.usage.cpu;
    assert!(cpu < limits.cpu.unwrap() + GRACE, "it ended only after {cpu:?}");
    match completion.outcome {
        Outcome::Returned { .. } => "returned".to_owned(),
        Outcome::Threw { error } => format!("threw {}", error.name),
        Outcome::Limit { limit, .. } => {
            let which = serde_json::to_value(limit.which).unwrap();
            format!("limit {}", which.as_str().unwrap())
        }
        outcome => format!("{outcome:?}"),
    }
}

/// Small runs on another thread, each of which has to give the right value, and soon.
fn stay_quiet(engine: &Engine, began: &AtomicBool, over: &AtomicBool) {
    let mut sandbox = Sandbox::builder(engine).build().unwrap();
    for number in 0_u32.. {
        let before = Instant::now();
        let completion = sandbox.eval(&format!("[1, 2, 3].map((n) => n * {number}).reduce((a, b) => a + b)"));
        let took = before.elapsed();
        assert_eq!(completion.into_value::<u32>().unwrap(), number * 6, "the quiet tenant's run {number}");
        assert!(took < QUIET_MAX, "the quiet tenant's run {number} took {took:?}");
        if number == 3 {
            began.store(true, Ordering::Release);
        }
        if number > 3 && over.load(Ordering::Acquire) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The table for `docs/security.md`: all that was run here, each with how it ended.
fn table(disasters: &[Disaster]) -> String {
    let mut table = String::from("| Disaster | What it does | How it ends |\n|---|---|---|\n");
    for Disaster { name, what, expects } in disasters {
        let ends: Vec<_> = expects.iter().map(|ended| in_words(ended)).collect();
        table += &format!("| `{name}` | {what} | {} |\n", ends.join(", or "));
    }
    table
}

fn in_words(ended: &str) -> String {
    match ended.split_once(' ') {
        Some(("limit", which)) => format!("limit `{which}`"),
        Some(("threw", error)) => format!("`{error}`"),
        _ if ended == "overrun" => "**not contained**: `on_overrun` is told".to_owned(),
        _ => ended.to_owned(),
    }
}

fn compare_with_docs(table: &str) {
    println!("{table}");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    assert!(
        docs.contains(table),
        "docs/security.md has another table; this test prints the right one (--nocapture)"
    );
}
