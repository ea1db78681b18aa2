//! Why a head is refused before any exchange, and the words for it: hyper's own answer has none.

use crate::error::{Kind, Phase};

/// What is wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A line that ends in LF alone.
    BareLf,
    /// A `#` in the target.
    Fragment,
    /// `Transfer-Encoding` and `Content-Length`.
    TwoFramings,
    /// A request line beyond all measure.
    LongTarget,
    /// A head beyond all measure.
    LongHead,
    /// It did not come in time.
    Late,
}

impl Refusal {
    fn words(self) -> (&'static str, Kind, &'static str) {
        let bad = |words| ("400 Bad Request", Kind::BadRequest, words);
        match self {
            Self::BareLf => bad("the request is not valid HTTP: a line that ends in LF alone"),
            Self::Fragment => bad("the request is not valid HTTP: a fragment in the target"),
            Self::TwoFramings => bad("the request is not valid HTTP: both Transfer-Encoding and Content-Length"),
            Self::LongTarget => ("414 URI Too Long", Kind::BadRequest, "the request's target is too long"),
            Self::LongHead => {
                ("431 Request Header Fields Too Large", Kind::BadRequest, "the request's head is too large")
            }
            Self::Late => (
                "408 Request Timeout",
                Kind::Timeout(Phase::Head),
                "deadline expired while waiting for the request's head",
            ),
        }
    }
}

/// The answer to a head that was refused, in place of the one that hyper wrote.
pub(super) fn answer(refusal: Option<Refusal>, hypers: &[u8]) -> Vec<u8> {
    let (status, kind, words) = match (refusal, hypers.get(9..12)) {
        (Some(refusal), _) => refusal.words(),
        (None, Some(b"414")) => Refusal::LongTarget.words(),
        (None, Some(b"431")) => Refusal::LongHead.words(),
        (None, _) => ("400 Bad Request", Kind::BadRequest, "the request is not valid HTTP"),
    };
    let date = hypers.split_inclusive(|&b| b == b'\n').find(|line| line.starts_with(b"date: ")).unwrap_or_default();
    let (mark, length) = (kind.token(), words.len() + 1);
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nx-viaduct-error: {mark}\r\n\
         connection: close\r\ncontent-length: {length}\r\n"
    )
    .into_bytes();
    answer.extend_from_slice(date);
    answer.extend_from_slice(format!("\r\n{words}\n").as_bytes());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYPERS: &[u8] = b"HTTP/1.1 431 X\r\nconnection: close\r\ncontent-length: 0\r\ndate: D\r\n\r\n";

    #[test]
    fn keeps_hypers_status_and_date_and_adds_words() {
        let answer = String::from_utf8(answer(None, HYPERS)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{answer}");
        assert!(answer.contains("\r\ndate: D\r\n\r\nthe request's head is too large\n"), "{answer}");
    }

    #[test]
    fn a_refusal_of_our_own_has_its_own_status() {
        let answer = String::from_utf8(answer(Some(Refusal::Late), HYPERS)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("x-viaduct-error: timeout-head\r\n"));
    }
}
