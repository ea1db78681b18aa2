//! Parameters as RFC 9110, section 5.6.6 writes them, and nothing that another reader might take otherwise.
//!
//! No white space around `=`, no escapes and no semicolon in a quoted text, no empty parameter: where readers differ,
//! there is no value here.

/// Reads `ESSENCE; name=value; name="value"` from front to back.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

/// A name and a value; `None` where they cannot be told for sure.
pub(super) type Parameter<'a> = Option<(&'a [u8], &'a [u8])>;

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self(text)
    }

    /// What stands in front of the first parameter.
    pub(super) fn essence(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&b| b == b';').unwrap_or(self.0.len());
        let (essence, rest) = self.0.split_at(end);
        self.0 = rest;
        essence.trim_ascii()
    }

    /// The next parameter; `None` at the end. Behind one that cannot be told there is no other.
    pub(super) fn parameter(&mut self) -> Option<Parameter<'a>> {
        let rest = std::mem::take(&mut self.0).trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        let read = self.read(rest);
        Some(read)
    }

    fn read(&mut self, rest: &'a [u8]) -> Parameter<'a> {
        let rest = rest.strip_prefix(b";")?.trim_ascii_start();
        let (name, rest) = split_token(rest)?;
        let rest = rest.strip_prefix(b"=")?;
        let (value, rest) = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let end = quoted.iter().position(|&b| b == b'"')?;
                let (value, rest) = quoted.split_at(end);
                if value.iter().any(|&b| b == b'\\' || b == b';' || b.is_ascii_control()) {
                    return None;
                }
                (value, &rest[1..])
            }
            None => split_token(rest)?,
        };
        self.0 = rest;
        Some((name, value))
    }
}

fn split_token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&b| !is_token(b)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// RFC 9110, section 5.6.2.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, String)>> {
        let mut reader = Reader::new(text.as_bytes());
        reader.essence();
        let mut found = Vec::new();
        while let Some(parameter) = reader.parameter() {
            let (name, value) = parameter?;
            found.push((String::from_utf8_lossy(name).into(), String::from_utf8_lossy(value).into()));
        }
        Some(found)
    }

    #[test]
    fn reads_tokens_and_quoted_texts() {
        let read = read("x ; a=b;c=\"d e\" ; f*=utf-8''g").unwrap();
        let read: Vec<_> = read.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(read, ["a=b", "c=d e", "f*=utf-8''g"]);
    }

    #[test]
    fn tells_nothing_where_readers_differ() {
        for text in [
            "x;",
            "x;;a=b",
            "x;a",
            "x;a =b",
            "x;a= b",
            "x;a=b c=d",
            "x;a=\"b",
            "x;a=\"b\\\"\"",
            "x;a=\"b;c\"",
            "x;a=\"b\"c",
            "x;=b",
            "x;a=",
            "x;a=\"\"\"\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
