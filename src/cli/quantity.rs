//! Sizes and times as people write them: `64MiB`, `1.5s`.

use std::time::Duration;

const SIZES: [(&str, f64); 7] = [
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("B", 1.0),
];

/// In seconds. `ms` stands before `s` and `m`, whose names it ends or begins with.
const TIMES: [(&str, f64); 4] = [("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3600.0)];

/// A limit of time, which may be none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline(pub(crate) Option<Duration>);

/// Reads a number of bytes.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let expected = || "expected a size such as `64MiB`, `512KiB` or `1000000`".to_owned();
    let bytes = quantity(text, &SIZES, Some(1.0)).ok_or_else(expected)?;
    // 2^53: from there on, and far beyond any memory, a float has no single bytes any more.
    (bytes <= 9_007_199_254_740_992.0).then_some(bytes as usize).ok_or_else(expected)
}

/// Reads a time, or `none`.
pub(crate) fn deadline(text: &str) -> Result<Deadline, String> {
    if text == "none" {
        return Ok(Deadline(None));
    }
    let seconds = quantity(text, &TIMES, None);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration
        .map(|duration| Deadline(Some(duration)))
        .ok_or_else(|| "expected a time such as `500ms`, `5s`, `2min` or `none`".to_owned())
}

/// Reads a share, as `80%`.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| "expected a share such as `80%`".to_owned())
}

/// A number and its unit, which may be left out where `bare` says what that means.
fn quantity(text: &str, units: &[(&str, f64)], bare: Option<f64>) -> Option<f64> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let factor = match unit.trim_start() {
        "" => bare,
        unit => units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor),
    };
    Some(number * factor?)
}

/// A number of bytes for a person.
pub(crate) fn shown_bytes(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    format!("{size:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Deadline, bytes, deadline, shown_bytes};

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        let cases = [
            ("0", 0),
            ("100", 100),
            ("64MiB", 64 << 20),
            ("1.5 KiB", 1536),
            ("2gib", 2 << 30),
            ("1MB", 1_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "MiB", "-1", "64 m", "1e3", "1..2", "nan", "99999999999GiB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_with_a_unit_and_none_without() {
        let cases = [("500ms", 500), ("5s", 5000), ("0.25s", 250), ("2min", 120_000), ("1h", 3_600_000)];
        for (text, milliseconds) in cases {
            assert_eq!(deadline(text), Ok(Deadline(Some(Duration::from_millis(milliseconds)))), "{text}");
        }
        assert_eq!(deadline("none"), Ok(Deadline(None)));
        for text in ["", "5", "s", "5 fortnights", "-1s"] {
            assert!(deadline(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_unit_that_suits_them() {
        let cases = [(12, "12 bytes"), (2048, "2.0 KiB"), (3 << 20, "3.0 MiB"), (5 << 30, "5.0 GiB")];
        for (bytes, expected) in cases {
            assert_eq!(shown_bytes(bytes), expected);
        }
    }
}
