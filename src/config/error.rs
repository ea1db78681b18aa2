//! Why a configuration is refused: where it stands, what it says, what would be right.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One thing that is wrong with a configuration.
#[derive(Debug)]
pub struct Error {
    place: Option<Place>,
    message: String,
}

/// Counted from 1.
#[derive(Debug)]
struct Place {
    file: PathBuf,
    line: usize,
    column: usize,
}

// === impl Error ===

impl Error {
    /// Something wrong that stands on no line: a flag, a variable, or two of them together.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    /// Something wrong with the bytes `span` of a file.
    pub(super) fn at(file: &Path, text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { place: Some(Place { file: file.to_owned(), line, column }), message: message.into() }
    }

    /// What TOML or serde found wrong, in our words where theirs are not enough.
    pub(super) fn written(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message();
        let message = match suggestion(message) {
            Some(near) => format!("{}; did you mean `{near}`?", message.replace("unknown field", "unknown key")),
            None => message.replace("unknown field", "unknown key").replace("missing field", "missing key"),
        };
        Self::at(file, text, error.span().unwrap_or_default(), message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { file, line, column }) = &self.place {
            write!(f, "{}:{line}:{column}: ", file.display())?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// The allowed key that is nearest to an unknown one, out of serde's "unknown field `a`, expected one of `b`, `c`".
fn suggestion(message: &str) -> Option<&str> {
    let mut words = message.strip_prefix("unknown field `")?.split('`').step_by(2);
    let unknown = words.next()?;
    nearest(unknown, words)
}

/// The word of `allowed` that `wrong` was probably meant to be.
pub(super) fn nearest<'a>(wrong: &str, allowed: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    allowed
        .map(|word| (strsim::damerau_levenshtein(wrong, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest_key_only() {
        assert_eq!(suggestion("unknown field `lisen`, expected one of `listen`, `admin`"), Some("listen"));
        assert_eq!(suggestion("unknown field `zebra`, expected one of `listen`, `admin`"), None);
        assert_eq!(suggestion("invalid type"), None);
    }

    #[test]
    fn counts_lines_and_columns_from_one() {
        let error = Error::at(Path::new("a.toml"), "x = 1\ny = 2\n", 10..11, "no");
        assert_eq!(error.to_string(), "a.toml:2:5: no");
    }
}
