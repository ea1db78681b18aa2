use http::header;

use super::*;

const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-B:\t2 \r\nx-a: 3\r\nX-E:\r\nX-F: 4\r\n\r\n";

fn parsed() -> Fields {
    let head = Bytes::from_static(HEAD);
    let mut lines = [httparse::EMPTY_HEADER; 8];
    let mut request = httparse::Request::new(&mut lines);
    assert!(request.parse(&head).unwrap().is_complete());
    let mut fields = Fields::of(head.clone(), 8);
    for line in request.headers.iter() {
        fields.push_parsed(line.name.as_bytes(), line.value);
    }
    fields
}

fn written(fields: &Fields) -> String {
    let mut out = Vec::new();
    fields.write(&mut out);
    String::from_utf8(out).unwrap()
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

#[test]
fn what_passes_is_written_as_it_came_but_for_white_space() {
    assert_eq!(written(&parsed()), "Host: h\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-E: \r\nX-F: 4\r\n");
}

#[test]
fn names_have_no_case() {
    let fields = parsed();
    assert_eq!(fields.get(&header::HOST), Some(&b"h"[..]));
    assert_eq!(fields.get_all(&name("x-a")).collect::<Vec<_>>(), [b"1", b"3"]);
    assert_eq!((fields.get(&name("x-e")), fields.get(&name("x-g"))), (Some(&b""[..]), None));
    assert_eq!(fields.get_str(&name("x-b")), Some("2"));
}

#[test]
fn one_takes_the_place_of_all() {
    let mut fields = parsed();
    fields.insert(&name("x-a"), "new");
    fields.insert(&header::VIA, "v");
    fields.append(&header::VIA, "w");
    assert_eq!(written(&fields), "Host: h\r\nx-a: new\r\nX-B: 2\r\nX-E: \r\nX-F: 4\r\nvia: v\r\nvia: w\r\n");
    assert!(fields.copy(&header::HOST, &name("x-f")) && !fields.copy(&header::ETAG, &name("x-f")));
    assert_eq!(fields.get(&name("x-f")), Some(&b"h"[..]));
}

#[test]
fn what_is_taken_out_is_gone() {
    let mut fields = parsed();
    assert!(fields.remove(&name("x-a")) && !fields.remove(&name("x-a")));
    fields.retain(|name, value| name != b"X-B" && !value.is_empty());
    assert_eq!(written(&fields), "Host: h\r\nX-F: 4\r\n");
}

#[test]
fn no_value_can_end_its_line() {
    let mut fields = Fields::new();
    fields.insert(&name("x"), "a\r\nb: c\0");
    assert_eq!(written(&fields), "x: a  b: c \r\n");
}

#[test]
fn a_map_and_back() {
    let fields = Fields::from_map(&parsed().to_map());
    let mut lines: Vec<_> = written(&fields).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["host: h", "x-a: 1", "x-a: 3", "x-b: 2", "x-e: ", "x-f: 4"]);
}
