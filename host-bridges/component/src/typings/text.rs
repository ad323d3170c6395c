//! Lines of a declaration file, indented as they are nested.

/// Widest line, where there is a place to break it.
pub(super) const WIDTH: usize = 110;

/// Text that grows by lines.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    depth: usize,
}

impl Text {
    /// The text so far.
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// One line.
    pub(super) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"  ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Lines as they are.
    pub(super) fn lines(&mut self, lines: &str) {
        lines.lines().for_each(|line| self.line(line));
    }

    /// A blank line, where it parts one thing from another.
    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A head, and `body` indented below it, to a closing brace.
    pub(super) fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.nested(body);
        self.line("}");
    }

    /// What `body` writes, one step further in.
    pub(super) fn nested(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// True where the line would be no wider than lines are.
    pub(super) fn fits(&self, line: &str) -> bool {
        2 * self.depth + line.chars().count() <= WIDTH
    }

    /// A doc comment that is parted from what stands before it.
    pub(super) fn remark(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.blank();
            self.comment(text);
        }
    }

    /// A doc comment; nothing where there is nothing to say.
    pub(super) fn comment(&mut self, text: &str) {
        // What WIT says in a comment must not end this one.
        let text = text.trim().replace("*/", "*\\/");
        if text.is_empty() {
            return;
        }
        let short = format!("/** {text} */");
        if !text.contains('\n') && self.fits(&short) {
            return self.line(&short);
        }
        self.line("/**");
        for line in text.lines() {
            self.line(format!(" * {line}").trim_end());
        }
        self.line(" */");
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_comment_cannot_be_ended_by_what_it_says() {
        let mut text = Text::default();
        text.comment("one */ two");
        text.comment("  ");
        text.block("a", |text| text.comment("first\n\nlast"));
        assert_eq!(
            text.into_string(),
            "/** one *\\/ two */\na {\n  /**\n   * first\n   *\n   * last\n   */\n}\n"
        );
    }
}
