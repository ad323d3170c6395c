//! SHA-256 sums of files, as `sha256sum` writes them.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::Path;

/// The SHA-256 of a file, in lower-case hexadecimal.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher)?;
    Ok(format!("{:x}", hasher.finalize()))
}

/// The sum that a `SHA256SUMS` file gives for a file name.
pub(crate) fn in_sums<'a>(sums: &'a str, file_name: &str) -> Option<&'a str> {
    sums.lines().find_map(|line| {
        let (sum, name) = line.split_once(char::is_whitespace)?;
        let name = name.trim_start().trim_start_matches('*'); // `*` marks a sum made in binary mode
        (name == file_name && sum.len() == 64).then_some(sum)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_sum_is_found_by_the_whole_file_name() {
        let sums = format!("{}  longer-a.gz\n{EMPTY}  a.gz\n{EMPTY} *b.gz\n", "0".repeat(64));
        assert_eq!(in_sums(&sums, "a.gz"), Some(EMPTY));
        assert_eq!(in_sums(&sums, "b.gz"), Some(EMPTY));
        assert_eq!(in_sums(&sums, "c.gz"), None);
    }

    #[test]
    fn a_line_that_is_no_sum_is_passed_over() {
        assert_eq!(in_sums("abc  a.gz\n\nrubbish", "a.gz"), None);
    }

    #[test]
    fn the_sum_of_an_empty_file_is_the_known_one() -> Result<()> {
        let path = std::env::temp_dir().join(format!("innerbox-xtask-empty-{}", std::process::id()));
        std::fs::write(&path, "")?;
        let sum = of_file(&path)?;
        std::fs::remove_file(&path)?;
        assert_eq!(sum, EMPTY);
        Ok(())
    }
}
