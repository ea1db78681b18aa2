//! `Date`, for answers that come without (RFC 9110, section 6.6.1): the text is made once a second by each thread.

use std::cell::RefCell;
use std::time::SystemTime;

use http::HeaderValue;

const NAME: &str = "date: ";

thread_local!(static NOW: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) });

/// Writes the field line.
pub(super) fn line(out: &mut Vec<u8>) {
    with_line(|line| out.extend_from_slice(line.as_bytes()));
}

/// The value alone.
pub(super) fn value() -> Option<HeaderValue> {
    with_line(|line| HeaderValue::from_str(line.strip_prefix(NAME)?.trim_end()).ok())
}

fn with_line<T>(take: impl FnOnce(&str) -> T) -> T {
    let now = SystemTime::now();
    let second = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    NOW.with_borrow_mut(|(made, text)| {
        if *made != second {
            (*made, *text) = (second, format!("{NAME}{}\r\n", httpdate::fmt_http_date(now)));
        }
        take(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_an_imf_fixdate() {
        let mut out = Vec::new();
        line(&mut out);
        let text = String::from_utf8(out).unwrap();
        let date = text.strip_prefix("date: ").and_then(|date| date.strip_suffix("\r\n")).unwrap();
        assert!(date.ends_with(" GMT") && httpdate::parse_http_date(date).is_ok(), "{date}");
        assert_eq!(value().unwrap().len(), date.len());
    }
}
