//! Whole exchanges over a pipe in memory, the upstream's side played byte by byte; and the same bytes given to hyper.

mod alike;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::differential::{Frames, Outcome, exchange, request, send};
use super::*;

/// Without its fields.
async fn get(answer: &str) -> Result<Outcome, Error> {
    let outcome = exchange("GET", &[answer.as_bytes()]).await?;
    Ok(Outcome { fields: Vec::new(), ..outcome })
}

fn whole(body: &str, is_reusable: bool) -> Outcome {
    Outcome { status: 200, fields: Vec::new(), body: body.into(), trailers: Vec::new(), is_reusable }
}

const ANSWERS: [&str; 4] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nhello",
];

#[tokio::test]
async fn every_cut_gives_the_same_answer() {
    for answer in ANSWERS {
        let expected = exchange("GET", &[answer.as_bytes()]).await.unwrap();
        assert_eq!((expected.status, expected.body.as_slice()), (200, &b"hello"[..]));
        for cut in 1..answer.len() {
            let (before, after) = answer.as_bytes().split_at(cut);
            assert_eq!(exchange("GET", &[before, after]).await.unwrap(), expected, "{answer:?} cut at {cut}");
        }
        let single: Vec<_> = answer.as_bytes().chunks(1).collect();
        assert_eq!(exchange("GET", &single).await.unwrap(), expected, "{answer:?} in single bytes");
    }
}

#[tokio::test]
async fn an_answer_that_stops_anywhere_is_an_error() {
    for answer in &ANSWERS[..3] {
        for end in 0..answer.len() {
            let error = exchange("GET", &[&answer.as_bytes()[..end]]).await.unwrap_err();
            assert!(matches!(error, Error::Cut(_)), "{answer:?} until {end}: {error}");
        }
    }
}

#[tokio::test]
async fn only_a_clean_end_leaves_a_connection_that_can_be_used_again() {
    let cases = [
        ("content-length: 5\r\n\r\nhello", true),
        ("content-length: 5\r\n\r\nhello!", false),
        ("content-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison", false),
        ("content-length: 5\r\nconnection: close\r\n\r\nhello", false),
        ("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true),
        ("transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n0\r\n\r\n", false),
        ("\r\nhello", false),
    ];
    for (rest, is_reusable) in cases {
        let outcome = get(&format!("HTTP/1.1 200 OK\r\n{rest}")).await.unwrap();
        assert_eq!(outcome, whole("hello", is_reusable), "{rest:?}");
    }
    let old = get("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello").await.unwrap();
    assert!(!old.is_reusable);
    let old = get("HTTP/1.0 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\nhello").await.unwrap();
    assert!(old.is_reusable);
}

#[tokio::test]
async fn what_has_no_body_has_none_and_bytes_behind_it_end_the_connection() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
        for fields in ["content-length: 5\r\n", "transfer-encoding: chunked\r\n", ""] {
            for (surplus, is_reusable) in [("", true), ("hello", false)] {
                let answer = format!("HTTP/1.1 {status} x\r\n{fields}\r\n{surplus}");
                let outcome = exchange(method, &[answer.as_bytes()]).await.unwrap();
                assert_eq!((outcome.body.len(), outcome.is_reusable), (0, is_reusable), "{method} {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_few_interim_answers_pass_and_many_do_not() {
    let interim = "HTTP/1.1 100 Continue\r\ncontent-length: 40\r\n\r\n";
    let last = ANSWERS[0];
    let most = interim.repeat(INTERIM_LIMIT as usize);
    assert_eq!(get(&format!("{most}{last}")).await.unwrap(), whole("hello", true));
    assert!(get(&format!("{most}{interim}{last}")).await.unwrap_err().is_malformed());
    assert!(get("HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n").await.unwrap_err().is_malformed());
}

#[tokio::test]
async fn trailers_come_behind_the_body() {
    let outcome = get(ANSWERS[2]).await.unwrap();
    assert_eq!((outcome.trailers.as_slice(), outcome.is_reusable), (&["x-sum: 1".to_owned()][..], true));
}

#[tokio::test]
async fn chunks_that_came_in_one_piece_leave_in_one() {
    let (ours, mut theirs) = duplex(64 * 1024);
    let mut conn = Connection::new(ours);
    let many = format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(1000));
    theirs.write_all(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{many}").as_bytes()).await.unwrap();
    send(&mut conn, &request("GET"), RequestBody::Empty).await.unwrap();
    let frame = Frames(&mut conn).frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap().len(), 1000);
    assert!(conn.is_end_stream() && conn.is_reusable());
}

#[tokio::test]
async fn a_big_body_passes_unchanged_whatever_its_framing() {
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut chunked = Vec::new();
    for piece in body.chunks(70_001) {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let length = format!("content-length: {}", body.len());
    for (field, body_bytes) in [(length.as_str(), &body), ("transfer-encoding: chunked", &chunked), ("x: y", &body)] {
        let head = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n");
        let outcome = exchange("GET", &[head.as_bytes(), body_bytes]).await.unwrap();
        assert!(outcome.body == body, "{field}");
    }
}

#[tokio::test]
async fn a_body_that_broke_off_yields_once_so_that_what_came_before_it_can_go() {
    let (ours, mut theirs) = duplex(1024);
    let mut conn = Connection::new(ours);
    theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello").await.unwrap();
    drop(theirs);
    // The pipe is closed for the request too: the answer counts all the same (RFC 9112, section 9.5).
    send(&mut conn, &request("GET"), RequestBody::Empty).await.unwrap();
    let woken = Arc::new(Woken::default());
    let waker = Arc::clone(&woken).into();
    let mut cx = Context::from_waker(&waker);
    assert!(matches!(conn.poll_frame(&mut cx), Poll::Ready(Some(Ok(_)))));
    assert!(conn.poll_frame(&mut cx).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert!(matches!(conn.poll_frame(&mut cx), Poll::Ready(Some(Err(Error::Cut(_))))));
    assert!(!conn.is_reusable());
}

/// Counts wake-ups.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_request_that_was_not_written_is_given_back() {
    let (ours, theirs) = duplex(1024);
    drop(theirs);
    let mut conn = Connection::new(ours);
    let body = RequestBody::Full(Bytes::from_static(b"hello"));
    assert!(send(&mut conn, &request("POST"), body).await.is_err());
    assert!(conn.is_unsent() && !conn.has_answered() && !conn.is_reusable());
    assert!(matches!(conn.take_back(), Some(RequestBody::Full(bytes)) if bytes == "hello"));
}

#[tokio::test]
async fn a_request_that_was_written_is_given_back_only_without_a_body() {
    for (body, has_body) in [(RequestBody::Empty, false), (RequestBody::Full(Bytes::from_static(b"hello")), true)] {
        let (ours, mut theirs) = duplex(1024);
        let mut conn = Connection::new(ours);
        let upstream = async {
            let _ = theirs.read(&mut [0; 1024]).await.unwrap();
            drop(theirs);
        };
        let head = request("GET");
        let (sent, ()) = tokio::join!(send(&mut conn, &head, body), upstream);
        assert!(sent.is_err());
        assert!(!conn.is_unsent() && !conn.has_answered());
        assert_eq!(conn.take_back().is_none(), has_body);
    }
}

#[tokio::test]
async fn head_and_body_go_in_one_write_and_come_one_after_the_other() {
    let (ours, mut theirs) = duplex(64 * 1024);
    let mut conn = Connection::new(ours);
    let body = "x".repeat(10_000);
    let head = request("POST");
    let upstream = async {
        let mut seen = vec![0; 64 * 1024];
        let count = theirs.read(&mut seen).await.unwrap();
        theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        String::from_utf8(seen[..count].to_vec()).unwrap()
    };
    let (sent, seen) = tokio::join!(send(&mut conn, &head, RequestBody::Full(Bytes::from(body.clone()))), upstream);
    sent.unwrap();
    assert_eq!(seen, format!("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10000\r\n\r\n{body}"));
    assert!(conn.is_end_stream() && conn.is_reusable());
}
