use proptest::prelude::*;

use super::*;

const FIELD: &str = "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nvision";
const FILE: &str =
    "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\nContent-Type: video/mp4\r\n\r\n";
const PATH: &str = "Content-Disposition: form-data; name=\"filename\"\r\n\r\n/etc/passwd";

/// A form of these parts, under the boundary `b0`.
fn form(parts: &[&str]) -> Vec<u8> {
    let parts = parts.iter().flat_map(|part| ["--b0\r\n", part, "\r\n"]);
    parts.chain(["--b0--\r\n"]).collect::<String>().into_bytes()
}

/// The verdict on a form that comes in these pieces.
fn verdict<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Reason> {
    let mut scanner = Scanner::new(b"b0");
    for piece in pieces {
        scanner.look(piece)?;
        assert!(scanner.tail.len() <= 5 && scanner.head.len() <= HEAD, "too much is kept");
    }
    scanner.end()
}

/// The verdict on a form, which every cut in two and the cut into single bytes must share.
fn judged(form: &[u8]) -> Result<(), Reason> {
    let whole = verdict([form]);
    assert_eq!(verdict(form.chunks(1)), whole, "byte by byte: {:?}", String::from_utf8_lossy(form));
    for at in 0..form.len() {
        let (a, b) = form.split_at(at);
        assert_eq!(verdict([a, b]), whole, "cut at {at}: {:?}", String::from_utf8_lossy(form));
    }
    whole
}

#[test]
fn an_ordinary_form_passes() {
    let file = format!("{FILE}\r\n--b\r\n-b0 --b0 x--b0\r\n--b\n--b1\r\n\r\n");
    assert_eq!(judged(&form(&[FIELD, &file])), Ok(()));
    assert_eq!(judged(&form(&[&file, FIELD])), Ok(()));
    assert_eq!(judged(&form(&[])), Ok(()));
    // An empty part, and line ends around the form.
    let empty = "Content-Disposition: form-data; name=\"a\"\r\n\r\n";
    let around = [b"\r\n".as_slice(), &form(&[empty, FIELD]), b"\r\n"].concat();
    assert_eq!(judged(&around), Ok(()));
}

#[test]
fn a_path_is_refused_wherever_it_stands() {
    let file = format!("{FILE}{}", "x".repeat(300));
    for parts in [&[PATH][..], &[PATH, FIELD], &[FIELD, PATH], &[&file, PATH], &[FIELD, &file, PATH, FIELD]] {
        let why = judged(&form(parts)).unwrap_err();
        assert!(why.starts_with("a part named `filename`"), "{why}");
    }
}

#[test]
fn what_another_reader_may_see_is_refused() {
    let path = format!("--b0\r\n{PATH}\r\n");
    for body in [
        // In front of the first delimiter, and behind the last.
        format!("x\r\n{path}--b0--"),
        format!("--b0--\r\n{path}--b0--"),
        format!("--b0--x{path}"),
        "--b0-- ".into(),
        // Delimiters that only some take for one.
        format!("--b0\r\n{FILE}x\n--b0\r\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}x\r--b0\r\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}\n--b0\r\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}--b0\r\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}x\r\n--b0 \r\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}x\r\n--b0\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}x\r\n--b0x\r\n{PATH}\r\n--b0--"),
        format!("--b0\r\n{FILE}x\r\n--b0-\r\n{PATH}\r\n--b0--"),
        format!("--b0 \r\n{PATH}\r\n--b0--"),
        // Line ends that only some take for one.
        format!("--b0\r\n{}\r\n--b0--", FILE.replace("\r\n\r\n", "\n\r\n\r\n")),
        "--b0\r\nContent-Disposition: form-data; name=\"file\"\nx: y\r\n\r\nz\r\n--b0--".into(),
        "--b0\r\nContent-Disposition: form-data; name=\"file\"\rx: y\r\n\r\nz\r\n--b0--".into(),
        "--b0\r\nContent-Disposition: form-data; name=\"file\"\n\nz\r\n--b0--".into(),
        // Without head, without an end.
        "--b0\r\n\r\nx\r\n--b0--".into(),
        format!("--b0\r\n{FILE}x"),
        format!("--b0\r\n{FILE}x\r\n--b0"),
        format!("--b0\r\n{FILE}x\r\n--b0-"),
        "--b0".into(),
        String::new(),
    ] {
        assert!(judged(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn a_head_without_end_is_refused() {
    let body = format!("--b0\r\nx: {}", "y".repeat(HEAD));
    assert_eq!(verdict([body.as_bytes()]), Err("a part with too long a head"));
    assert_eq!(verdict(body.as_bytes().chunks(1)), Err("a part with too long a head"));
}

#[test]
fn a_boundary_that_repeats_itself_is_found() {
    // The delimiter can begin inside itself.
    let scan = |body: &str, chunk: usize| {
        let mut scanner = Scanner::new(b"--a--");
        body.as_bytes().chunks(chunk).try_for_each(|piece| scanner.look(piece)).and_then(|()| scanner.end())
    };
    let good = format!("----a--\r\n{FILE}x----a--y----a----a\r\n----a----");
    let bad = format!("----a--\r\n{FILE}----\r\n----a--\r\n{PATH}\r\n----a----");
    for chunk in 1..good.len() {
        assert_eq!(scan(&good, chunk), Ok(()), "{chunk}");
        assert!(scan(&bad, chunk).unwrap_err().contains("`filename`"), "{chunk}");
    }
}

/// What forms are made of, good and bad.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(format!("\r\n--b0\r\n{FIELD}").into_bytes()),
        4 => Just(format!("\r\n--b0\r\n{FILE}").into_bytes()),
        1 => Just(format!("\r\n--b0\r\n{PATH}").into_bytes()),
        2 => prop::sample::select(vec!["--b0", "\r\n", "\n", "\r", "--", "-", "b0", "x", "\r\n--b", "--b0--", ":"])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

/// What a form with a path is made of, put together wrongly.
fn fragment() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        3 => Just("--b0"),
        3 => Just("\r\n"),
        2 => Just(PATH),
        1 => Just("Content-Disposition: form-data; name=\"filename\""),
        1 => Just(FIELD),
        3 => prop::sample::select(vec!["\n", "\r", "--", " ", "x", "\t"]),
    ]
}

/// Whether some reader might see a part with a path: one that takes any line end for one, any line that begins with a
/// delimiter for a delimiter, and whatever stands behind it for a head.
fn may_see_a_path(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n");
    let text = format!("\n{text}");
    let mut parts = text.split("\n--b0").skip(1);
    parts.any(|part| {
        let part = part.trim_start_matches(['\n', ' ']);
        part.split("\n\n").next().is_some_and(|head| head.contains("name=\"filename\""))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_the_same_verdict(
        pieces in prop::collection::vec(piece(), 0..8),
        has_end: bool,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut body = pieces.concat();
        if has_end {
            body.extend_from_slice(b"\r\n--b0--\r\n");
        }
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let cut = verdict(cuts.windows(2).map(|pair| &body[pair[0]..pair[1]]));
        prop_assert_eq!(cut, verdict([body.as_slice()]));
        prop_assert_eq!(cut, verdict(body.chunks(1)));
    }

    #[test]
    fn what_passes_has_a_path_for_no_reader(
        pieces in prop::collection::vec(fragment(), 0..12),
        is_framed: bool,
    ) {
        let mut body = pieces.concat().into_bytes();
        if is_framed {
            body = [b"--b0\r\n".as_slice(), FILE.as_bytes(), &body, b"\r\n--b0--"].concat();
        }
        if verdict([body.as_slice()]).is_ok() {
            prop_assert!(!may_see_a_path(&body), "{:?}", String::from_utf8_lossy(&body));
        }
    }

    #[test]
    fn a_path_never_passes(
        before in prop::collection::vec(piece(), 0..4),
        after in prop::collection::vec(piece(), 0..4),
    ) {
        let body = [before.concat(), format!("\r\n--b0\r\n{PATH}\r\n--b0").into_bytes(), after.concat(), b"\r\n--b0--".to_vec()];
        prop_assert!(verdict([body.concat().as_slice()]).is_err());
    }
}
