//! The request header by which a client asks for timestamps, and its answer in the response.
//!
//! ```text
//! x-viaduct-timestamps: auto; duration=600; merge-gap=5; deadline=15; detail=sentence
//! ```
//!
//! Case and blanks do not matter, numbers may be quoted or carry an `s`, parameters of other names are ignored, of equal
//! ones the last wins. A value that viaduct cannot use is an error, for the client would wait for what never comes.

use std::fmt;
use std::time::Duration;

/// The header's name, in requests and responses.
pub const HEADER: &str = "x-viaduct-timestamps";

/// The longest deadline that a client may ask for.
const LONGEST_DEADLINE: f64 = 600.0;
/// The longest media (and gap) that VIA's own fields can name.
const LONGEST_MEDIA: f64 = 4e9;

/// Who reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Nobody.
    Off,
    /// Viaduct's own parser.
    Text,
    /// The parser, and the model where the parser is not sure.
    Auto,
    /// The model, always.
    Model,
}

/// What a request asks for; what it does not name is `None` and has its default elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Parameters {
    /// Who reads.
    pub mode: Option<Mode>,
    /// How long the media is, in seconds, where the answer does not tell.
    pub duration: Option<f64>,
    /// Ranges closer than this many seconds are merged.
    pub merge_gap: Option<f64>,
    /// How long the answer's end may wait for a model.
    pub deadline: Option<Duration>,
    /// Whether each range carries the sentence around it.
    pub sentence: bool,
}

/// A parameter whose value is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    parameter: &'static str,
    allowed: &'static str,
}

// === impl Parameters ===

impl Parameters {
    /// Reads a header's value.
    pub fn parse(value: &str) -> Result<Self, Error> {
        let mut parts = value.split(';');
        let mode = parts.next().unwrap_or_default().trim();
        let mut parameters = Self::default();
        if !mode.is_empty() {
            parameters.mode = Some(Mode::parse(mode)?);
        }
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).trim();
            parameters.set(name.trim(), value)?;
        }
        Ok(parameters)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("duration") {
            let error = Error { parameter: "duration", allowed: "seconds above 0" };
            self.duration = Some(seconds(value, LONGEST_MEDIA).filter(|&duration| duration > 0.0).ok_or(error)?);
        } else if is("merge-gap") {
            let error = Error { parameter: "merge-gap", allowed: "seconds" };
            self.merge_gap = Some(seconds(value, LONGEST_MEDIA).ok_or(error)?);
        } else if is("deadline") {
            let error = Error { parameter: "deadline", allowed: "seconds up to 600" };
            self.deadline = Some(Duration::from_secs_f64(seconds(value, LONGEST_DEADLINE).ok_or(error)?));
        } else if is("detail") {
            let error = Error { parameter: "detail", allowed: "sentence or quote" };
            self.sentence = match value {
                _ if value.eq_ignore_ascii_case("sentence") => true,
                _ if value.eq_ignore_ascii_case("quote") => false,
                _ => return Err(error),
            };
        }
        Ok(())
    }
}

/// A number from 0 up to `most`.
fn seconds(value: &str, most: f64) -> Option<f64> {
    let digits = value.strip_suffix(['s', 'S']).unwrap_or(value).trim_end();
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    digits.parse().ok().filter(|seconds| (0.0..=most).contains(seconds))
}

// === impl Mode ===

impl Mode {
    /// Reads a mode's name.
    pub fn parse(name: &str) -> Result<Self, Error> {
        [Self::Off, Self::Text, Self::Auto, Self::Model]
            .into_iter()
            .find(|mode| name.eq_ignore_ascii_case(mode.as_str()))
            .ok_or(Error { parameter: "mode", allowed: "off, text, auto or model" })
    }

    /// Its name: the response header's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Text => "text",
            Self::Auto => "auto",
            Self::Model => "model",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl Error ===

impl Error {
    /// The parameter's name; `mode` for the header's first word.
    pub fn parameter(&self) -> &'static str {
        self.parameter
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER}: {} must be {}", self.parameter, self.allowed)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_all_parameters() {
        let read = Parameters::parse("auto; duration=600; merge-gap=5; deadline=15; detail=sentence").unwrap();
        let expected = Parameters {
            mode: Some(Mode::Auto),
            duration: Some(600.0),
            merge_gap: Some(5.0),
            deadline: Some(Duration::from_secs(15)),
            sentence: true,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn is_lenient_about_the_form() {
        let read = Parameters::parse("  TEXT ;Duration = \"12.5s\" ; x-other=\"a,b\"; flag;; MERGE-GAP=0 ").unwrap();
        let expected =
            Parameters { mode: Some(Mode::Text), duration: Some(12.5), merge_gap: Some(0.0), ..Parameters::default() };
        assert_eq!(read, expected);
        assert_eq!(Parameters::parse("").unwrap(), Parameters::default());
        assert_eq!(Parameters::parse(";duration=1;duration=2").unwrap().duration, Some(2.0));
        assert!(!Parameters::parse("auto;detail=sentence;detail=quote").unwrap().sentence);
    }

    #[test]
    fn names_the_parameter_of_a_bad_value() {
        for (value, parameter) in [
            ("perhaps", "mode"),
            ("auto, text", "mode"),
            ("auto;duration=", "duration"),
            ("auto;duration=0", "duration"),
            ("auto;duration=-1", "duration"),
            ("auto;duration=nan", "duration"),
            ("auto;duration=1e3", "duration"),
            ("auto;duration", "duration"),
            ("auto;merge-gap=x", "merge-gap"),
            ("auto;merge-gap=inf", "merge-gap"),
            ("auto;deadline=601", "deadline"),
            ("auto;deadline=1m", "deadline"),
            ("auto;detail", "detail"),
            ("auto;detail=paragraph", "detail"),
        ] {
            let error = Parameters::parse(value).unwrap_err();
            assert_eq!(error.parameter(), parameter, "{value}");
        }
        let said = Parameters::parse("auto;duration=0").unwrap_err().to_string();
        assert_eq!(said, "x-viaduct-timestamps: duration must be seconds above 0");
    }

    #[test]
    fn the_response_names_the_mode() {
        for mode in [Mode::Off, Mode::Text, Mode::Auto, Mode::Model] {
            assert_eq!(Mode::parse(mode.as_str()), Ok(mode));
        }
    }
}
