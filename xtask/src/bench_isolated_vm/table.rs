//! The figures as people read them.

use serde_json::Value;

/// One figure of both.
struct Row {
    what: &'static str,
    /// Where it stands: measurement and figure.
    place: (&'static str, &'static str),
    unit: Unit,
    wanted: Wanted,
}

#[derive(Clone, Copy)]
enum Unit {
    Time,
    Bytes,
}

#[derive(Clone, Copy)]
enum Wanted {
    Nothing,
    /// At most so many times isolated-vm's.
    Times(f64),
    /// At most so much.
    AtMost(f64),
}

const fn row(what: &'static str, measurement: &'static str, figure: &'static str, unit: Unit) -> Row {
    Row { what, place: (measurement, figure), unit, wanted: Wanted::Nothing }
}

const fn wanted(wanted: Wanted, row: Row) -> Row {
    Row { wanted, ..row }
}

const ROWS: [Row; 13] = [
    wanted(Wanted::Times(0.8), row("fresh, `1 + 1`, gone", "fresh", "least_ns", Unit::Time)),
    row("  median", "fresh", "median_ns", Unit::Time),
    row("  processor time, all threads", "fresh", "processor_ns", Unit::Time),
    wanted(
        Wanted::Times(1.0),
        row("fresh context in a living one, `1 + 1`, gone", "context", "least_ns", Unit::Time),
    ),
    row("  median", "context", "median_ns", Unit::Time),
    wanted(
        Wanted::AtMost(50e3),
        row("from a pool that has one ready, `1 + 1`", "pool", "least_ns", Unit::Time),
    ),
    row("  median", "pool", "median_ns", Unit::Time),
    wanted(Wanted::Times(1.0), row("memory of an idle one", "idle", "resident_bytes", Unit::Bytes)),
    row("  V8's heap", "idle", "heap_bytes", Unit::Bytes),
    row("  of that, objects", "idle", "objects_bytes", Unit::Bytes),
    row("  V8's own, outside of its heap", "idle", "malloced_bytes", Unit::Bytes),
    row("the process after 1,000 came and went", "gone", "first_bytes", Unit::Bytes),
    row("  after 10,000", "gone", "last_bytes", Unit::Bytes),
];

/// Most that a process may have grown by between the thousandth and the ten-thousandth.
const GROWN_AT_MOST: f64 = 0.05;

/// All figures, below one another.
pub(super) fn of(measured: &Value) -> String {
    let head = line(["", "isolated-vm", "Innerbox", "ratio", "wanted", ""]);
    head + &ROWS.iter().map(|row| row.line(measured)).collect::<String>() + &growth(measured)
}

impl Row {
    fn line(&self, measured: &Value) -> String {
        let (measurement, figure) = self.place;
        let figure = |who: &str| measured[measurement][who][figure].as_f64();
        let (theirs, ours) = (figure("isolated_vm"), figure("innerbox"));
        let ratio = theirs.zip(ours).map(|(theirs, ours)| ours / theirs);
        let shown = |figure: Option<f64>| figure.map(|figure| self.unit.shown(figure)).unwrap_or_default();
        let (wanted, met) = match self.wanted {
            Wanted::Nothing => (String::new(), None),
            Wanted::Times(most) => (format!("{most:.2} x"), ratio.map(|ratio| ratio <= most)),
            Wanted::AtMost(most) => (self.unit.shown(most), ours.map(|ours| ours <= most)),
        };
        let ratio = ratio.map(|ratio| format!("{ratio:.2} x")).unwrap_or_default();
        line([self.what, &shown(theirs), &shown(ours), &ratio, &wanted, told(met)])
    }
}

/// By how much each process has grown.
fn growth(measured: &Value) -> String {
    let grown = |who: &str| {
        let figure = |name: &str| measured["gone"][who][name].as_f64();
        Some(figure("last_bytes")? / figure("first_bytes")? - 1.0)
    };
    let shown = |grown: Option<f64>| grown.map(|grown| format!("{:.1} %", grown * 100.0)).unwrap_or_default();
    let (theirs, ours) = (grown("isolated_vm"), grown("innerbox"));
    let met = ours.map(|ours| ours <= GROWN_AT_MOST);
    let wanted = shown(Some(GROWN_AT_MOST));
    line(["  grown by", &shown(theirs), &shown(ours), "", &wanted, told(met)])
}

fn told(met: Option<bool>) -> &'static str {
    match met {
        None => "",
        Some(true) => "met",
        Some(false) => "NOT MET",
    }
}

fn line(cells: [&str; 6]) -> String {
    let [what, theirs, ours, ratio, wanted, met] = cells;
    format!("{what:46}{theirs:>13}{ours:>13}{ratio:>9}{wanted:>10}{met:>9}").trim_end().to_owned() + "\n"
}

impl Unit {
    fn shown(self, figure: f64) -> String {
        match (self, figure) {
            (Self::Time, ns) if ns < 1e3 => format!("{ns:.1} ns"),
            (Self::Time, ns) if ns < 1e6 => format!("{:.1} us", ns / 1e3),
            (Self::Time, ns) => format!("{:.2} ms", ns / 1e6),
            (Self::Bytes, bytes) if bytes < 1048576.0 => format!("{:.0} KiB", bytes / 1024.0),
            (Self::Bytes, bytes) => format!("{:.2} MiB", bytes / 1048576.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::json;

    #[test]
    fn what_is_wanted_is_told_to_be_met_or_not() {
        let measured = json!({
            "fresh": { "isolated_vm": { "least_ns": 2e6 }, "innerbox": { "least_ns": 1.5e6 } },
            "context": { "isolated_vm": { "least_ns": 3e5 }, "innerbox": null },
            "pool": { "isolated_vm": null, "innerbox": { "least_ns": 60e3 } },
            "gone": {
                "isolated_vm": { "first_bytes": 100.0, "last_bytes": 90.0 },
                "innerbox": { "first_bytes": 100.0, "last_bytes": 104.0 },
            },
        });
        let table = of(&measured);
        let words =
            |line: usize| table.lines().nth(line).map(|line| line.split_whitespace().collect::<Vec<_>>());
        let ends = |line, end: &[&str]| words(line).is_some_and(|words| words.ends_with(end));
        assert!(ends(1, &["2.00", "ms", "1.50", "ms", "0.75", "x", "0.80", "x", "met"]), "{table}");
        assert!(ends(4, &["300.0", "us", "1.00", "x"]), "{table}");
        assert!(ends(6, &["60.0", "us", "50.0", "us", "NOT", "MET"]), "{table}");
        assert!(ends(14, &["-10.0", "%", "4.0", "%", "5.0", "%", "met"]), "{table}");
    }
}
