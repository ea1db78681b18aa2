//! The same bytes for our connection and for hyper's: the same answer, or ours is the stricter one.
//!
//! Where ours may be stricter, by what it says: [`MAY_REFUSE`]. That ours takes what hyper refuses is never right.

use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;

use super::*;

/// What we refuse and hyper takes, in our words.
const MAY_REFUSE: &[&str] = &[
    // hyper takes LF for CRLF, and skips empty lines in front of a status line.
    "a bare line feed in the head",
    "no status line",
    // hyper looks at the last coding of the last line only, and ignores the field in HTTP/1.0.
    "a Transfer-Encoding other than chunked",
    "a Transfer-Encoding in HTTP/1.0",
    // hyper looks at lengths only where it needs them: not beside a coding, not without a body.
    "a Content-Length that is no number",
    "two lengths",
    // hyper takes white space around a chunk's size, leading zeros without end, and control bytes in extensions.
    "a chunk's size",
    "a chunk extension",
    "the end of a chunk's size",
    // hyper takes LF for CRLF here too.
    "a bare line feed in the trailer fields",
    "the trailer fields",
    // hyper hands it on as an answer; `proxy::forward` refuses it.
    "101 without an upgrade",
    // hyper takes any number.
    "too many interim answers",
];

/// The verdict on an answer: its status and body, or none.
type Verdict = Result<(u16, Vec<u8>), String>;

async fn ours(pieces: &[&[u8]]) -> Verdict {
    match exchange("GET", pieces).await {
        Ok(outcome) => Ok((outcome.status, outcome.body)),
        Err(e) => Err(e.to_string()),
    }
}

async fn hypers(pieces: &[&[u8]]) -> Verdict {
    let (ours, mut theirs) = duplex(1024 * 1024);
    let (mut sender, connection) = http1::handshake(TokioIo::new(ours)).await.map_err(|e| e.to_string())?;
    let upstream = async {
        let _ = theirs.read(&mut [0; 1024]).await.unwrap();
        for piece in pieces {
            // hyper hangs up as soon as it has seen enough.
            let _ = theirs.write_all(piece).await;
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        }
        drop(theirs);
    };
    let downstream = async {
        let request = request("GET").to_request(RequestBody::Empty);
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.map_err(|e| e.to_string())?;
        Ok((status, body.to_bytes().to_vec()))
    };
    let driver = async {
        let _ = connection.await;
    };
    tokio::join!(downstream, upstream, driver).0
}

/// Compares, and says what is wrong.
async fn compare(pieces: &[&[u8]]) -> Result<(), String> {
    match (ours(pieces).await, hypers(pieces).await) {
        (Ok(ours), Ok(hypers)) if ours == hypers => Ok(()),
        (Err(_), Err(_)) => Ok(()),
        (Err(ours), Ok(_)) if MAY_REFUSE.iter().any(|reason| ours.ends_with(reason)) => Ok(()),
        (ours, hypers) => Err(format!("ours: {ours:?}, hyper's: {hypers:?}")),
    }
}

fn answers() -> Vec<&'static str> {
    let mut answers = ANSWERS.to_vec();
    answers.extend([
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\nX-A: b\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nconnection: close\r\nx: \r\n\r\nnot here",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\netag: \"1\"\r\ncontent-length: 5\r\n\r\n",
    ]);
    answers
}

#[tokio::test]
async fn both_read_good_answers_alike_at_every_cut() {
    for answer in answers() {
        for cut in 0..answer.len() {
            let (before, after) = answer.as_bytes().split_at(cut);
            if let Err(wrong) = compare(&[before, after]).await {
                panic!("{answer:?} cut at {cut}: {wrong}");
            }
        }
    }
}

/// A good answer with some bytes changed, put in, taken out or repeated.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let interesting = prop::sample::select(b"\r\n\t\0 :;,0159aAfFxX-+_(\x7f\x80\xff".to_vec());
    let change = (any::<prop::sample::Index>(), 0..5_u8, prop_oneof![4 => interesting, 1 => any::<u8>()]);
    (prop::sample::select(answers()), prop::collection::vec(change, 0..4)).prop_map(|(answer, changes)| {
        let mut bytes = answer.as_bytes().to_vec();
        for (index, how, byte) in changes {
            let at = index.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 => {
                    let end = (at + 12).min(bytes.len());
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_read_any_answer_alike_or_ours_refuses_it(
        bytes in mutated(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            pieces.push(&bytes[from..cut]);
            from = cut;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let compared = runtime.block_on(compare(&pieces));
        prop_assert!(compared.is_ok(), "{:?}: {}", String::from_utf8_lossy(&bytes), compared.unwrap_err());
    }
}
