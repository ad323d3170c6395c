//! WIT names in JavaScript: kebab-case becomes camelCase, as jco has it.

/// `max-size` becomes `maxSize`.
pub fn lower_camel(kebab: &str) -> String {
    let mut words = kebab.split('-');
    let first = words.next().unwrap_or_default().to_lowercase();
    words.fold(first, |name, word| name + &capitalised(word))
}

/// `image-info` becomes `ImageInfo`.
pub fn upper_camel(kebab: &str) -> String {
    kebab.split('-').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{lower_camel, upper_camel};

    #[test]
    fn kebab_becomes_camel() {
        let cases = [
            ("a", "a", "A"),
            ("max-size", "maxSize", "MaxSize"),
            ("to-HTTP-url2", "toHttpUrl2", "ToHttpUrl2"),
        ];
        for (kebab, lower, upper) in cases {
            assert_eq!((lower_camel(kebab).as_str(), upper_camel(kebab).as_str()), (lower, upper));
        }
    }
}
