//! Columns that stand below one another.

/// Rows below a head: the first column flush left, the others flush right.
pub(super) fn write<const N: usize>(head: &[[String; N]], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = head.iter().cloned().chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        let (first, others) = (&row[0], row.iter().zip(widths).skip(1));
        let cells: String = others.map(|(cell, width)| format!("  {cell:>width$}")).collect();
        let line = format!("  {first:<width$}{cells}", width = widths[0]);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A time in the unit that leaves one to three digits before the point.
pub(super) fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} us", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}
