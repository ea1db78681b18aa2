use proptest::prelude::*;

use super::*;

/// What came of a body that arrived in `pieces`: its data, how many bytes behind it, its trailers.
fn decode(framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, usize, Option<HeaderMap>), Error> {
    let mut decoder = Decoder::new(framing);
    let (mut data, mut surplus, mut trailers) = (Vec::new(), 0, None);
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() && !decoder.is_done() {
            let step = decoder.step(rest, &mut trailers)?;
            data.extend_from_slice(&rest[step.skip..step.skip + step.data]);
            rest = &rest[step.skip + step.data..];
        }
        surplus += rest.len();
    }
    if !decoder.is_done() {
        decoder.end()?;
    }
    Ok((data, surplus, trailers))
}

fn chunked(body: &[u8]) -> Result<Vec<u8>, Error> {
    decode(Framing::Chunked, &[body]).map(|(data, ..)| data)
}

const WHOLE: &[u8] = b"5\r\nhello\r\n00a;x=\"y\"\r\n, world!!!\r\n0;last\r\nX-Sum: 1\r\ny:\r\n\r\nGET";

#[test]
fn every_cut_gives_the_same_body() {
    for first in 0..WHOLE.len() {
        for second in first..WHOLE.len() {
            let pieces = [&WHOLE[..first], &WHOLE[first..second], &WHOLE[second..]];
            let (data, surplus, trailers) = decode(Framing::Chunked, &pieces).unwrap();
            assert_eq!((data.as_slice(), surplus), (&b"hello, world!!!"[..], 3), "{first} {second}");
            assert_eq!(trailers.unwrap()["x-sum"], "1");
        }
    }
}

#[test]
fn a_body_that_stops_anywhere_is_cut() {
    for end in 0..WHOLE.len() - 3 {
        assert!(matches!(chunked(&WHOLE[..end]), Err(Error::Cut(_))), "{end}");
    }
    assert!(matches!(decode(Framing::Length(5), &[b"hell"]), Err(Error::Cut(_))));
    assert_eq!(decode(Framing::UntilClose, &[b"he", b"ll"]).unwrap().0, b"hell");
}

#[test]
fn a_length_takes_its_bytes_and_no_more() {
    assert_eq!(decode(Framing::Length(5), &[b"hel", b"loGET"]).unwrap(), (b"hello".to_vec(), 3, None));
    assert_eq!(decode(Framing::Length(0), &[b"x"]).unwrap(), (Vec::new(), 1, None));
    assert_eq!(decode(Framing::Empty, &[b"x"]).unwrap(), (Vec::new(), 1, None));
}

#[test]
fn sizes_are_hexadecimal_digits_and_nothing_else() {
    for wrong in [
        "",
        ";a",
        "+5",
        "-5",
        "0x5",
        " 5",
        "5 ",
        "5\t",
        "5_0",
        "g",
        "5,5",
        "10000000000000005",
        "00000000000000005",
        "\r\n5",
    ] {
        assert!(chunked(format!("{wrong}\r\nhello\r\n0\r\n\r\n").as_bytes()).is_err(), "{wrong:?}");
    }
    assert_eq!(chunked(b"0000000000000005\r\nhello\r\n0\r\n\r\n").unwrap(), b"hello");
    assert_eq!(chunked(b"A\r\n0123456789\r\n0000\r\n\r\n").unwrap(), b"0123456789");
}

#[test]
fn line_ends_are_exact() {
    for wrong in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\r\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5;a\nX\r\nhello\r\n0\r\n\r\n",
        "5;a\rX\r\nhello\r\n0\r\n\r\n",
        "5;a\0\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\n\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\r\nhello\r\n0\r\na: b\n\r\n",
        "5\r\nhello\r\n0\r\n a: b\r\n\r\n",
        "5\r\nhello\r\n0\r\na\r\n\r\n",
    ] {
        assert!(matches!(chunked(wrong.as_bytes()), Err(Error::Malformed(_))), "{wrong:?}");
    }
}

#[test]
fn extensions_and_trailers_have_an_end() {
    let extended = |length| format!("1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(length));
    assert_eq!(chunked(extended(EXTENSIONS_LIMIT).as_bytes()).unwrap(), b"x");
    assert!(chunked(extended(EXTENSIONS_LIMIT + 1).as_bytes()).is_err());
    // In all, not in each.
    let many = format!("{}0\r\n\r\n", format!("1;{}\r\nx\r\n", "e".repeat(100)).repeat(EXTENSIONS_LIMIT / 100 + 1));
    assert!(chunked(many.as_bytes()).is_err());

    let lines = |count| format!("0\r\n{}\r\n", "a: b\r\n".repeat(count));
    assert!(chunked(lines(TRAILER_LINES).as_bytes()).is_ok());
    assert!(chunked(lines(TRAILER_LINES + 1).as_bytes()).is_err());
    assert!(chunked(format!("0\r\na: {}\r\n\r\n", "x".repeat(TRAILERS_LIMIT)).as_bytes()).is_err());
}

#[test]
fn nothing_is_read_behind_an_error() {
    let mut decoder = Decoder::new(Framing::Chunked);
    let mut trailers = None;
    // Read anew, these are the end of a chunk's size, a trailer field, and the end of the body.
    let rest = b"\r\n0x: y\r\n\r\n";
    assert_eq!(decoder.step(b"1\r\na", &mut trailers).unwrap(), Step { skip: 3, data: 1 });
    for _ in 0..3 {
        assert!(decoder.step(rest, &mut trailers).is_err());
        assert!(!decoder.is_done());
    }
}

proptest! {
    /// Whatever comes, it is a body, a cut or malformed, and the same in one piece as in many.
    #[test]
    fn any_bytes_decode_alike_in_one_piece_and_in_many(
        bytes in prop::collection::vec(prop_oneof![
            Just(b'\r'), Just(b'\n'), Just(b'0'), Just(b'1'), Just(b'a'), Just(b';'), any::<u8>()
        ], 0..80),
        cuts in prop::collection::vec(0..80_usize, 0..4),
    ) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&bytes[from..cut]);
            from = cut;
        }
        pieces.push(&bytes[from..]);
        let (whole, cut) = (decode(Framing::Chunked, &[&bytes]), decode(Framing::Chunked, &pieces));
        prop_assert_eq!(whole.map_err(|e| e.to_string()), cut.map_err(|e| e.to_string()));
    }
}
