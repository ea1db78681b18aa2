//! The head of one part of a form: whether it is a file, a field, or the name of a file on the server's disk.
//!
//! Everything that is not written as clients write it is refused, see [`multipart`](super::multipart). What this costs
//! are file names with a quote, a backslash or a semicolon, which VIA refuses too.

use super::token::{Reader, is_token};

/// The part that names a path (contract: via, 1.4).
const FORBIDDEN: &[u8] = b"filename";

/// Judges the lines of a head, without the last line's end.
pub(super) fn judge(head: &[u8]) -> Result<(), &'static str> {
    let mut is_named = false;
    let mut rest = head;
    loop {
        let end = memchr::memmem::find(rest, b"\r\n");
        let (name, value) =
            field(end.map_or(rest, |end| &rest[..end])).ok_or("a part whose head is no list of fields")?;
        if name.eq_ignore_ascii_case(b"content-disposition") {
            if std::mem::replace(&mut is_named, true) {
                return Err("a part with two names");
            }
            disposition(value)?;
        } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            if ![&b"binary"[..], b"8bit", b"7bit"].iter().any(|plain| value.eq_ignore_ascii_case(plain)) {
                return Err("a part in a coding");
            }
        } else if name.eq_ignore_ascii_case(b"content-type")
            && value.get(..b"multipart".len()).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart"))
        {
            return Err("a form in a form");
        }
        match end {
            Some(end) => rest = &rest[end + 2..],
            None => return if is_named { Ok(()) } else { Err("a part without a name") },
        }
    }
}

/// A line's name and value. A line that continues the one before has no name.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&b| b == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_plain = !name.is_empty()
        && name.iter().copied().all(is_token)
        && value.iter().all(|&b| !b.is_ascii_control() || b == b'\t');
    is_plain.then(|| (name, value.trim_ascii()))
}

fn disposition(value: &[u8]) -> Result<(), &'static str> {
    let mut reader = Reader::new(value);
    if !reader.essence().eq_ignore_ascii_case(b"form-data") {
        return Err("a part that is no form-data");
    }
    let (mut name, mut has_filename, mut has_extended) = (None, false, false);
    while let Some(parameter) = reader.parameter() {
        let (key, value) = parameter.ok_or("a part whose name can be read in two ways")?;
        let is_again = match key {
            _ if key.eq_ignore_ascii_case(b"name") => name.replace(value).is_some(),
            _ if key.eq_ignore_ascii_case(b"filename") => std::mem::replace(&mut has_filename, true),
            _ if key.eq_ignore_ascii_case(b"filename*") => std::mem::replace(&mut has_extended, true),
            // `name*`, `name*0` and the like are put together to a name by some (RFC 2231).
            _ => return Err("a part with more than a name and a file's name"),
        };
        if is_again {
            return Err("a part with two names");
        }
    }
    let name = name.ok_or("a part without a name")?;
    if name.eq_ignore_ascii_case(FORBIDDEN) {
        return Err("a part named `filename`, a path on the server's own disk; --allow via.filename lets it pass");
    }
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if name.is_empty() || !name.iter().all(is_plain) || name.eq_ignore_ascii_case(b"_charset_") {
        return Err("a part whose name can be read in two ways");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(disposition: &str) -> bool {
        judge(format!("Content-Disposition: {disposition}").as_bytes()).is_ok()
    }

    #[test]
    fn takes_what_clients_send() {
        for disposition in [
            r#"form-data; name="purpose""#,
            r#"form-data; name="file"; filename="a b.mp4""#,
            r#"form-data; name="file"; filename="=?.mp4"; filename*=utf-8''%ED%95%9C.mp4"#,
            r#"form-data; name="file"; filename*=utf-8''%ED%95%9C.mp4"#,
            r#"form-data; name="file"; filename="한.mp4""#,
            r#"form-data; name="file"; filename="filename""#,
            "form-data; name=file; filename=a.mp4",
            r#"form-data;name="camera_id""#,
            r#"Form-Data; filename=""; Name="file""#,
        ] {
            assert!(ok(disposition), "{disposition}");
        }
        let curl = "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\nContent-Type: video/mp4";
        assert!(judge(curl.as_bytes()).is_ok());
        let aiohttp = "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=\"purpose\"";
        assert!(judge(aiohttp.as_bytes()).is_ok());
        let node =
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: Binary\r\nContent-Length: 5";
        assert!(judge(node.as_bytes()).is_ok());
    }

    #[test]
    fn the_name_is_found_however_it_is_written() {
        for disposition in [
            r#"form-data; name="filename""#,
            "form-data; name=filename",
            "form-data;name=FileName",
            r#"FORM-DATA ; NAME="FILENAME""#,
            "form-data; filename=x; name=filename",
            r#"form-data; name="filename"; filename="x""#,
            r#"form-data; name="file"; name="filename""#,
            r#"form-data; name="filename"; name="file""#,
            "form-data; name=file; Name=filename",
            "form-data; name*=utf-8''filename",
            "form-data; name*0=file; name*1=name",
            r#"form-data; name*0="filename""#,
            r#"form-data; name="file"; name*=utf-8''filename"#,
            r#"form-data; name="file\name""#,
            r#"form-data; name="\filename""#,
            r#"form-data; name=" filename""#,
            r#"form-data; name="filename ""#,
            r#"form-data; name="%66ilename""#,
            r#"form-data; name="=?utf-8?q?filename?=""#,
            "form-data; name=filename-\u{0}",
            "form-data; name='filename'",
            r#"form-data; name = "filename""#,
            r#"form-data; name= "filename""#,
            r#"form-data; name="filename"#,
            r#"form-data, name="filename""#,
            r#"form-data name="filename""#,
            r#"form-data; ; name="filename""#,
            r#"form-data; x="a;"; name="filename""#,
            r#"form-data; filename="a\"; name="filename""#,
            r#"form-data; filename="a\"; name=filename; x=""#,
            r#"form-data; filename="a"; name=filename; x=""#,
            r#"form-data; filename="; name=filename""#,
            r#"attachment; name="filename""#,
            r#"name="filename""#,
            r#"; name="filename""#,
            "form-data",
            "form-data; filename=x",
            r#"form-data; name="""#,
            r#"form-data; name="_charset_""#,
            r#"(x) form-data; name="filename""#,
            r#"form-data; (x) name="filename""#,
        ] {
            assert!(!ok(disposition), "{disposition}");
        }
    }

    #[test]
    fn heads_that_can_be_read_in_two_ways_are_refused() {
        const GOOD: &str = "Content-Disposition: form-data; name=\"file\"";
        for head in [
            String::new(),
            "Content-Type: text/plain".into(),
            format!("{GOOD}\r\nContent-Disposition: form-data; name=\"filename\""),
            format!("{GOOD};\r\n name=\"filename\""),
            format!("{GOOD}\r\n\tx: y"),
            format!("{GOOD}\r\nno colon"),
            format!("{GOOD}\r\n: x"),
            "Content-Disposition : form-data; name=\"file\"".into(),
            " Content-Disposition: form-data; name=\"file\"".into(),
            format!("{GOOD}\r\nContent-Transfer-Encoding: base64"),
            format!("{GOOD}\r\nContent-Transfer-Encoding: quoted-printable"),
            format!("{GOOD}\r\nContent-Type: Multipart/mixed; boundary=y"),
            format!("{GOOD}\u{0}"),
            format!("X-A: b\u{0}\r\n{GOOD}"),
        ] {
            assert!(judge(head.as_bytes()).is_err(), "{head:?}");
        }
    }
}
