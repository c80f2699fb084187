//! How deep the lists and mappings in brackets of a document are nested. The library that reads YAML takes a time for them that grows with
//! the square of their depth, so they are counted before it reads.

/// The most brackets that may be open at once. A seed needs six, where it is written in JSON.
pub(crate) const MAX_DEPTH: usize = 32;

/// The line, counted from 1, in which more brackets are open than may be. It takes a time that grows with the length of the document.
pub(crate) fn too_deep(document: &str) -> Option<usize> {
    let mut scan =
        Scan { bytes: document.as_bytes(), at: 0, line: 1, line_start: 0, depth: 0, place: Place::Start, key: None, parent: None };
    while let Some(byte) = scan.peek(0) {
        if !scan.step(byte) {
            return Some(scan.line);
        }
    }
    None
}

/// What stands before a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A value may begin.
    Start,
    /// A text without quotation marks.
    Plain,
    /// The end of a text with quotation marks, or of brackets.
    Closed,
}

struct Scan<'d> {
    bytes: &'d [u8],
    at: usize,
    line: usize,
    /// Where the line begins.
    line_start: usize,
    /// How many brackets are open.
    depth: usize,
    place: Place,
    /// The column of the last text, which is a key if a colon follows.
    key: Option<usize>,
    /// The column of the last key, or of the last hyphen of a list. Texts of several lines are indented more.
    parent: Option<usize>,
}

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    const fn column(&self) -> usize {
        self.at - self.line_start
    }

    /// Whether white space or the end follows the byte.
    fn stands_alone(&self) -> bool {
        self.peek(1).is_none_or(|next| next.is_ascii_whitespace())
    }

    /// Goes to the next byte, or behind the text that begins here. Returns whether the brackets are not too deep.
    fn step(&mut self, byte: u8) -> bool {
        let (is_flow, is_start) = (self.depth > 0, self.place == Place::Start);
        match byte {
            b'\n' => {
                self.pass_line_break();
                self.begin_line();
                return true;
            }
            b' ' | b'\t' | b'\r' => {}
            b'#' if self.at == 0 || self.bytes.get(self.at - 1).is_some_and(u8::is_ascii_whitespace) => {
                self.skip_line();
                self.place = Place::Start;
                return true;
            }
            b'[' | b'{' if is_flow || is_start => {
                self.depth += 1;
                self.place = Place::Start;
            }
            b']' | b'}' if is_flow => {
                self.depth -= 1;
                self.place = Place::Closed;
            }
            b',' if is_flow => self.place = Place::Start,
            b'"' | b'\'' if is_start => {
                self.key = Some(self.column());
                self.skip_quoted(byte);
                self.place = Place::Closed;
                return true;
            }
            b':' if self.stands_alone() || (is_flow && (self.place == Place::Closed || self.is_before_bracket())) => {
                if !is_flow {
                    self.parent = self.key.or(self.parent);
                }
                self.place = Place::Start;
            }
            b'-' | b'?' if is_start && self.stands_alone() => {
                if !is_flow {
                    self.parent = Some(self.column());
                }
            }
            b'-' if self.column() == 0 && self.peek(1) == Some(b'-') && self.peek(2) == Some(b'-') => {
                self.at += 2;
                self.parent = None;
                self.place = Place::Start;
            }
            b'&' | b'*' | b'!' if is_start => {
                while self.peek(1).is_some_and(|next| !(next.is_ascii_whitespace() || is_flow && b",[]{}".contains(&next))) {
                    self.at += 1;
                }
            }
            b'|' | b'>' if is_start && !is_flow => {
                self.skip_block();
                return true;
            }
            _ => {
                if is_start {
                    self.key = Some(self.column());
                }
                self.place = Place::Plain;
            }
        }
        self.at += 1;
        self.depth <= MAX_DEPTH
    }

    fn is_before_bracket(&self) -> bool {
        self.peek(1).is_some_and(|next| b",[]{}".contains(&next))
    }

    fn pass_line_break(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    /// Decides whether a line goes on with the text of the one before it. An empty line decides nothing.
    fn begin_line(&mut self) {
        let Some(indent) = self.indent() else { return };
        let goes_on = self.place == Place::Plain && self.is_below_parent(indent);
        if self.depth == 0 && !goes_on {
            self.place = Place::Start;
        }
    }

    /// The indentation of the line that begins here. `None` if it is empty.
    fn indent(&self) -> Option<usize> {
        let line = self.bytes.get(self.at..).unwrap_or_default();
        let indent = line.iter().take_while(|byte| **byte == b' ').count();
        line.get(indent).filter(|byte| !matches!(byte, b'\n' | b'\r')).map(|_| indent)
    }

    fn is_below_parent(&self, indent: usize) -> bool {
        self.parent.is_none_or(|parent| indent > parent)
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    /// Goes behind a text in quotation marks of that kind.
    fn skip_quoted(&mut self, mark: u8) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => self.pass_line_break(),
                b'\\' if mark == b'"' && self.peek(1) != Some(b'\n') => self.at += 2,
                _ if byte != mark => self.at += 1,
                b'\'' if self.peek(1) == Some(b'\'') => self.at += 2,
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
    }

    /// Goes behind a text that `|` or `>` begins: the lines that are indented more than its key, and empty ones.
    fn skip_block(&mut self) {
        self.skip_line();
        while self.peek(0).is_some() {
            self.pass_line_break();
            if self.indent().is_some_and(|indent| !self.is_below_parent(indent)) {
                break;
            }
            self.skip_line();
        }
        self.place = Place::Start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("people: {}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn brackets_are_counted_where_they_nest() {
        assert_eq!(too_deep(&nested(MAX_DEPTH)), None);
        assert_eq!(too_deep(&nested(MAX_DEPTH + 1)), Some(1));
        assert_eq!(too_deep(&"[]\n".repeat(1_000)), None);
        let open = "[".repeat(1_000);
        for begin in
            ["", "\n\n", "--- ", "a: ", "- - ", "&a ", "!t ", "a:\n  ", "{\"a\":", "[a, 'b', ", "\"a\": ", "? ", "a: # x\n  ", "[x: "]
        {
            let line = begin.matches('\n').count() + 1;
            assert_eq!(too_deep(&format!("{begin}{open}")), Some(line), "{begin:?}");
        }
    }

    #[test]
    fn brackets_in_texts_do_not_nest() {
        let open = "[{".repeat(1_000);
        for text in [
            format!("a: x {open}\nb: 1\n"),
            format!("a: \"{open}\\\"{open}\"\nb: ']{open}''{open}'\n"),
            format!("a: |\n  {open}\n\n  {open}\nb: 1\n"),
            format!("- a: >-\n    {open}\n  b: x\n    {open}\n"),
            format!("- |\n  {open}\n"),
            format!("# {open}\na: 1 # {open}\n"),
            format!("a: Ada's {open}\n"),
            format!("[a, \"{open}\"]"),
        ] {
            assert_eq!(too_deep(&text), None, "{}", text.replace(&open, "…"));
        }
    }

    #[test]
    fn a_text_ends_where_its_indentation_does() {
        let open = "[".repeat(1_000);
        assert_eq!(too_deep(&format!("- a: |\n    x\n  b: {open}")), Some(3));
        assert_eq!(too_deep(&format!("a: x\n  y\nb: {open}")), Some(3));
    }
}
