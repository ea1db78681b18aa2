//! Why a head is refused before any exchange, and the answer in plain words: there is no route yet whose API could
//! word it.

use crate::error::{Kind, Phase};
use crate::h1::{Error, Fault, Limits};
use crate::server::date;

/// What is wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Refusal {
    /// It is not HTTP/1.1, or not in one reading only.
    Malformed(&'static str),
    /// A line that ends in LF alone.
    BareLf,
    /// A `#` in the target.
    Fragment,
    /// A request line beyond all measure.
    LongTarget,
    /// A head of more bytes than so many.
    LongHead(usize),
    /// A head of more fields than so many.
    ManyFields(usize),
    /// It did not come in time.
    Late,
}

impl Refusal {
    /// What scanning a head under these limits ended in.
    pub(super) fn of(fault: Fault, limits: &Limits) -> Self {
        match fault {
            Fault::BareLf => Self::BareLf,
            Fault::LongLine => Self::LongTarget,
            Fault::LongHead => Self::LongHead(limits.head),
            Fault::ManyFields => Self::ManyFields(limits.fields),
            Fault::NoStartLine => Self::Malformed("no request line"),
        }
    }

    /// The status, the kind and the words of an answer.
    pub(in crate::server) fn words(self) -> (&'static str, Kind, String) {
        let bad = |what| ("400 Bad Request", Kind::BadRequest, format!("the request is not valid HTTP: {what}"));
        let large = |what| ("431 Request Header Fields Too Large", Kind::BadRequest, what);
        match self {
            Self::Malformed(what) => bad(what),
            Self::BareLf => bad("a line that ends in LF alone"),
            Self::Fragment => bad("a fragment in the target"),
            Self::LongTarget => ("414 URI Too Long", Kind::BadRequest, "the request's target is too long".into()),
            Self::LongHead(most) => large(format!("the request's head has more than {most} bytes")),
            Self::ManyFields(most) => large(format!("the request's head has more than {most} fields")),
            Self::Late => {
                let phase = Kind::Timeout(Phase::Head);
                ("408 Request Timeout", phase, "deadline expired while waiting for the request's head".into())
            }
        }
    }

    /// The whole answer, behind which the connection closes. To HEAD it has no content, but says how much there would be
    /// (RFC 9110, section 9.3.2).
    pub(super) fn answer(self, is_head: bool) -> Vec<u8> {
        let (status, kind, words) = self.words();
        let mut answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\nx-viaduct-error: {}\r\n\
             connection: close\r\ncontent-length: {}\r\n",
            kind.token(),
            words.len() + 1
        )
        .into_bytes();
        date::line(&mut answer);
        answer.extend_from_slice(b"\r\n");
        if !is_head {
            answer.extend_from_slice(format!("{words}\n").as_bytes());
        }
        answer
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Malformed(match error {
            Error::Malformed(what) => what,
            Error::Io(_) | Error::Cut(_) | Error::Body(_) => "the head",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_why() {
        let answer = String::from_utf8(Refusal::Late.answer(false)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("x-viaduct-error: timeout-head\r\n"));
        assert!(answer.contains("\r\ndate: ") && answer.ends_with("waiting for the request's head\n"), "{answer}");
        let answer = String::from_utf8(Refusal::ManyFields(7).answer(false)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 ") && answer.ends_with("more than 7 fields\n"), "{answer}");
        let bare = String::from_utf8(Refusal::ManyFields(7).answer(true)).unwrap();
        assert!(bare.ends_with("\r\n\r\n") && answer.starts_with(&bare), "{bare}");
    }
}
