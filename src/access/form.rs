//! Whether an upload is a form that can be read in one way, and where its parts are cut.
//!
//! VIA's server also takes a form as `application/x-www-form-urlencoded`, decodes the names of parts by the charset
//! that the type names, and puts a boundary together from pieces (RFC 2231). So a type that is not written as clients
//! write it is not taken for a harmless one: it is refused.

use http::header;

use super::token::Reader;
use crate::head::Fields;

/// The longest boundary (RFC 2046, section 5.1.1).
const LONGEST: usize = 70;

/// The boundary of the form that a head announces, or what is wrong with it.
pub(super) fn boundary(fields: &Fields) -> Result<Vec<u8>, &'static str> {
    let mut lines = fields.get_all(&header::CONTENT_TYPE);
    let line = lines.next().ok_or("an upload without a type")?;
    if lines.next().is_some() {
        return Err("more than one type");
    }
    let mut codings = fields.get_all(&header::CONTENT_ENCODING);
    if codings.any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err("a coding that hides the form");
    }
    read(line.trim_ascii())
}

fn read(content_type: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut reader = Reader::new(content_type);
    if !reader.essence().eq_ignore_ascii_case(b"multipart/form-data") {
        return Err("an upload that is no multipart/form-data");
    }
    let (mut boundary, mut has_charset) = (None, false);
    while let Some(parameter) = reader.parameter() {
        let (name, value) = parameter.ok_or("a type that can be read in two ways")?;
        if name.eq_ignore_ascii_case(b"boundary") && boundary.is_none() {
            boundary = Some(value);
        } else if name.eq_ignore_ascii_case(b"charset") && !has_charset {
            has_charset = true;
            let is_plain = [&b"utf-8"[..], b"utf8", b"us-ascii"].iter().any(|plain| value.eq_ignore_ascii_case(plain));
            if !is_plain {
                return Err("a charset in which names may read otherwise");
            }
        } else {
            return Err("a type with more than a boundary");
        }
    }
    let boundary = boundary.ok_or("a form without a boundary")?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    if boundary.is_empty() || boundary.len() > LONGEST || !boundary.iter().copied().all(is_plain) {
        return Err("a boundary that can be read in two ways");
    }
    Ok(boundary.to_vec())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn takes_what_clients_send() {
        for (content_type, boundary) in [
            (
                "multipart/form-data; boundary=----WebKitFormBoundaryX3bY6PBMcxB1vCan",
                "----WebKitFormBoundaryX3bY6PBMcxB1vCan",
            ),
            (
                "multipart/form-data; boundary=------------------------d74496d66958873e",
                "------------------------d74496d66958873e",
            ),
            ("multipart/form-data;boundary=\"a b\"", ""),
            ("multipart/form-data;boundary=\"=_x:1\"", "=_x:1"),
            ("Multipart/Form-Data ; Boundary=x; charset=\"UTF-8\"", "x"),
        ] {
            assert_eq!(read(content_type.as_bytes()).unwrap_or_default(), boundary.as_bytes(), "{content_type}");
        }
    }

    #[test]
    fn refuses_what_can_be_read_in_two_ways() {
        for content_type in [
            "",
            "application/x-www-form-urlencoded",
            "application/json",
            "multipart/mixed; boundary=x",
            "multipart/form-data",
            "multipart/form-data;",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"x",
            "multipart/form-data; boundary=\"x\\y\"",
            "multipart/form-data; boundary=x; boundary=y",
            "multipart/form-data; boundary=x; Boundary=y",
            "multipart/form-data; boundary*=utf-8''x",
            "multipart/form-data; boundary*0=x; boundary*1=y",
            "multipart/form-data; boundary=x; charset=utf-7",
            "multipart/form-data; boundary=x; charset=punycode",
            "multipart/form-data; boundary=x; charset=utf-8; charset=utf-7",
            "multipart/form-data; boundary=x, multipart/form-data; boundary=y",
            "multipart/form-data; boundary=x y",
            "multipart/form-data boundary=x",
            "multipart/form-data, boundary=x",
            ";multipart/form-data; boundary=x",
            "multipart/form-data; boundary = x",
        ] {
            assert!(read(content_type.as_bytes()).is_err(), "{content_type}");
        }
        assert!(read(format!("multipart/form-data; boundary={}", "x".repeat(71)).as_bytes()).is_err());
    }

    #[test]
    fn one_type_and_no_coding() {
        let map = |lines: &[(&'static str, &'static str)]| {
            let mut fields = Fields::new();
            for (name, value) in lines {
                fields.append(&HeaderName::from_static(name), value);
            }
            boundary(&fields)
        };
        let form = ("content-type", "multipart/form-data; boundary=x");
        assert!(map(&[form]).is_ok());
        assert!(map(&[form, form]).is_err());
        assert!(map(&[]).is_err());
        assert!(map(&[form, ("content-encoding", "gzip")]).is_err());
        assert!(map(&[form, ("content-encoding", "identity")]).is_ok());
    }
}
