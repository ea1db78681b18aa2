//! Our connection and hyper's, on good answers at every cut and on changed ones.

use proptest::prelude::*;

use super::super::differential::compare;
use super::*;

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
            if let Err(wrong) = compare("GET", &[before, after]).await {
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
        let compared = runtime.block_on(compare("GET", &pieces));
        prop_assert!(compared.is_ok(), "{:?}: {}", String::from_utf8_lossy(&bytes), compared.unwrap_err());
    }
}
