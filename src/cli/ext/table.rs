//! Rows as lines.

/// Lines whose columns stand below one another, two blanks apart.
pub(crate) fn lines<const COLUMNS: usize>(rows: &[[String; COLUMNS]], indent: &str) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(&format!("{indent}{}\n", line.trim_end()));
    }
    text
}

/// Widest line, where there is a place to break it.
const WIDTH: usize = 110;

/// A long text as lines: broken after commas and before bars, what follows the first line indented.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if !line.is_empty() && (line.chars().count() + piece.trim_end().chars().count()) > WIDTH {
            lines.push_str(line.trim_end());
            lines.push('\n');
            line = indent.to_owned();
        }
        line.push_str(piece);
    }
    lines + line.trim_end() + "\n"
}

/// A text in pieces that must not be broken.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(' ') {
        if text[..at].ends_with(',') || text[at + 1..].starts_with("| ") {
            pieces.push(&text[start..=at]);
            start = at + 1;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::{WIDTH, lines, wrapped};

    #[test]
    fn a_long_text_is_broken_where_it_may_be() {
        assert_eq!(wrapped("a(b: C, d: E): F", "  "), "a(b: C, d: E): F\n");
        let long = format!("type = {}", ["'something'"; 30].join(" | "));
        let text = wrapped(&long, "    ");
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("    | ")), "{text}");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), long.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn columns_stand_below_one_another() {
        let rows = [["a", "long one", "x"], ["änd", "b", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(lines(&rows, "  "), "  a    long one  x\n  änd  b\n");
    }
}
