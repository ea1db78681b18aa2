//! JSON as small models write it: single quotes, comments, commas too many, bare words, chatter around it, cut anywhere.
//!
//! Nesting and number of values are bounded, so that no reply can exhaust the stack or the memory.

/// Deeper values are left out.
const DEEPEST: usize = 16;

/// A value. A container is `open` where the text ended before it did; a scalar that the text's end cut is not kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A quoted text, a number, or a bare word.
    Text(String),
    List {
        items: Vec<Self>,
        open: bool,
    },
    Object {
        members: Vec<(String, Self)>,
        open: bool,
    },
}

/// The JSON values in a text, or the one string that the text is. Brackets that hold no list, as in `[0:05]`, are none.
pub(super) fn values(text: &str) -> Vec<Value> {
    let mut reader = Reader { text, at: 0 };
    if text.starts_with('"') {
        return reader.string('"').map(Value::Text).into_iter().collect();
    }
    let mut values = Vec::new();
    while let Some(found) = reader.rest().find(['{', '[']) {
        reader.at += found;
        if !looks_like_json(reader.rest()) {
            reader.at += 1;
        } else if let Some(value) = reader.value(0) {
            values.push(value);
        }
    }
    values
}

/// Whether a text that begins with a bracket could be JSON: a list's first item is a container, a text or a number.
fn looks_like_json(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('[') else { return true };
    let inside = inside.trim_start();
    let number = inside.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    inside.is_empty()
        || inside.starts_with(['{', '[', '"', '\'', ']'])
        || number.len() < inside.len() && number.trim_start().starts_with(',')
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, letter: char) -> bool {
        let is_there = self.peek() == Some(letter);
        if is_there {
            self.at += letter.len_utf8();
        }
        is_there
    }

    /// White space, commas and comments.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let behind = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',');
            self.at += rest.len() - behind.len();
            let comment = if behind.starts_with("//") {
                behind.find('\n')
            } else if behind.starts_with("/*") {
                behind.find("*/").map(|at| at + 2)
            } else {
                return;
            };
            self.at += comment.unwrap_or(behind.len());
        }
    }

    /// The value that begins here; `None` if it is cut or too deep. Always goes on by at least one character.
    fn value(&mut self, depth: usize) -> Option<Value> {
        match self.peek()? {
            '{' | '[' if depth == DEEPEST => {
                self.at = self.text.len();
                None
            }
            '{' => Some(self.object(depth)),
            '[' => Some(self.list(depth)),
            quote @ ('"' | '\'') => self.string(quote).map(Value::Text),
            _ => self.word(&[',', '}', ']', '\n']).map(Value::Text),
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Value::List { items, open: true },
                Some(']' | '}') => break,
                Some(_) => items.extend(self.value(depth + 1)),
            }
        }
        self.at += 1;
        Value::List { items, open: false }
    }

    fn object(&mut self, depth: usize) -> Value {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            self.skip_space();
            let key = match self.peek() {
                None => return Value::Object { members, open: true },
                Some('}' | ']') => break,
                Some(quote @ ('"' | '\'')) => self.string(quote),
                Some(_) => self.word(&[':', ',', '}', ']', '\n']),
            };
            self.skip_space();
            if !self.skip(':') {
                continue;
            }
            self.skip_space();
            let value = if matches!(self.peek(), Some('}' | ']')) { None } else { self.value(depth + 1) };
            if let (Some(key), Some(value)) = (key, value) {
                members.push((key, value));
            }
        }
        self.at += 1;
        Value::Object { members, open: false }
    }

    /// A quoted text; `None` if it has no end.
    fn string(&mut self, quote: char) -> Option<String> {
        let start = self.at + 1;
        let mut letters = self.text[start..].char_indices();
        while let Some((at, letter)) = letters.next() {
            if letter == '\\' {
                letters.next();
            } else if letter == quote {
                self.at = start + at + 1;
                return Some(super::json::unescape(&self.text[start..start + at]).into_owned());
            }
        }
        self.at = self.text.len();
        None
    }

    /// A number or a bare word up to one of these; `None` if the text ends first.
    fn word(&mut self, ends: &[char]) -> Option<String> {
        let rest = self.rest();
        let Some(end) = rest.find(ends) else {
            self.at = self.text.len();
            return None;
        };
        // A stray end is a word of its own, so that reading goes on.
        let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
        self.at += end;
        Some(rest[..end].trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(said: &str) -> Value {
        Value::Text(said.into())
    }

    fn list(items: Vec<Value>, open: bool) -> Value {
        Value::List { items, open }
    }

    #[test]
    fn reads_sloppy_json() {
        let read = values("Sure: {'a': 1, b: \"x\\n\", // no\n /* c */ 'd': [0:05, null,],} and more");
        let members = vec![
            ("a".into(), text("1")),
            ("b".into(), text("x\n")),
            ("d".into(), list(vec![text("0:05"), text("null")], false)),
        ];
        assert_eq!(read, [Value::Object { members, open: false }]);
    }

    #[test]
    fn leaves_out_what_is_cut() {
        let read = values("{\"r\":[[1,2],[3,\"4");
        let items = vec![list(vec![text("1"), text("2")], false), list(vec![text("3")], true)];
        assert_eq!(read, [Value::Object { members: vec![("r".into(), list(items, true))], open: true }]);
        assert_eq!(values("[1,25"), [list(vec![text("1")], true)]);
    }

    #[test]
    fn brackets_in_prose_are_no_json() {
        assert_eq!(values("[0:05 - 0:10] A man [sits] down at [15.0]."), []);
        assert_eq!(values("nothing"), []);
        assert_eq!(values("[]"), [list(vec![], false)]);
    }

    #[test]
    fn finds_every_value() {
        assert_eq!(values("{}\n[[1,2]]").len(), 2);
        assert_eq!(values("\"{\\\"a\\\":1}\""), [text("{\"a\":1}")]);
    }

    #[test]
    fn nothing_is_too_deep_or_too_odd() {
        let _ = values(&"[".repeat(1_000_000));
        let _ = values(&"{\"a\":".repeat(200_000));
        for odd in [
            "{", "{:", "{:}", "{]", "[}", "{,,}", "{a}", "{a:}", "{'", "{\"\\", "[//", "[/*", "{a:/", "[\n]",
            "{\n:\n}", "[:]",
        ] {
            let _ = values(odd);
        }
    }
}
