//! The part `filename` of an upload to VIA, a path on its own disk.

use std::sync::{Arc, Mutex};

use viaduct::config::Overrides;
use viaduct::sim::via;

use super::{in_front_of, refusal};
use crate::support::{Message, Origin, Viaduct, ok, patiently, urls};

const TYPE: &str = "content-type: multipart/form-data; boundary=b0\r\n";
const FIELD: &str = "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nvision";
const MEDIA: &str = "Content-Disposition: form-data; name=\"media_type\"\r\n\r\nvideo";
const PATH: &str = "Content-Disposition: form-data; name=\"filename\"\r\n\r\n/sim/secret.mp4";

fn form(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--b0\r\n{part}\r\n")).collect();
    format!("{parts}--b0--\r\n")
}

fn file(bytes: &str) -> String {
    format!(
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\nContent-Type: video/mp4\r\n\r\n{bytes}"
    )
}

fn chunked(body: &str, size: usize) -> String {
    let chunk = |piece: &[u8]| format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece));
    body.as_bytes().chunks(size).map(chunk).collect::<String>() + "0\r\n\r\n"
}

/// Whatever reaches the upstream.
async fn recorder() -> (Origin, Arc<Mutex<Vec<u8>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&received);
    let origin = Origin::start(move |mut peer, _| {
        let record = Arc::clone(&record);
        async move {
            if let Some(request) = peer.try_request().await {
                // Not the probe at start.
                let is_whole = request.is_whole && request.field("x-forwarded-for").is_some();
                record.lock().unwrap().extend_from_slice(&request.body);
                if is_whole {
                    record.lock().unwrap().extend_from_slice(b"WHOLE");
                }
                peer.send(ok(b"{}")).await;
            }
        }
    })
    .await;
    (origin, received)
}

fn guarded(origin: &Origin) -> Viaduct {
    let overrides = Overrides { via: urls(&[origin.address]), allow: vec!["none".into()], ..Overrides::default() };
    Viaduct::start(overrides)
}

async fn upload(viaduct: &Viaduct, path: &str, fields: &str, body: &str) -> Message {
    let mut client = viaduct.client().await;
    let is_chunked = fields.contains("transfer-encoding");
    let length = if is_chunked { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    client.send(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{fields}{length}\r\n")).await;
    // The answer may be there before the body is.
    client.try_send(body).await;
    client.response().await
}

#[tokio::test]
async fn a_form_with_a_path_never_arrives_whole() {
    let (origin, received) = recorder().await;
    let viaduct = guarded(&origin);
    let big = file(&"x".repeat(300_000));
    for parts in [&[PATH, FIELD, MEDIA][..], &[FIELD, MEDIA, PATH], &[FIELD, &big, PATH]] {
        for path in ["/files", "/files/", "/via/files", "/v1/files", "/via/v1/files"] {
            let body = form(parts);
            let answer = upload(&viaduct, path, TYPE, &body).await;
            assert_eq!(refusal(&answer), (403, Some("forbidden-form")), "{path}");
            assert!(answer.text().contains("via.filename"), "{}", answer.text());
            assert_eq!(answer.field("connection"), Some("close"));
            for size in [1, 7, 100_000] {
                if body.len() / size < 2000 {
                    let fields = format!("{TYPE}transfer-encoding: chunked\r\n");
                    let answer = upload(&viaduct, path, &fields, &chunked(&body, size)).await;
                    assert_eq!(refusal(&answer), (403, Some("forbidden-form")), "{path} by {size}");
                }
            }
        }
    }
    assert!(viaduct.metric("viaduct_refused_total{reason=\"forbidden-form\"}").await > 0.0);
    let received = received.lock().unwrap();
    let has = |needle: &[u8]| received.windows(needle.len()).any(|window| window == needle);
    assert!(!has(b"WHOLE") && !has(b"secret.mp4"), "the path went upstream");
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_before_anything_goes_upstream() {
    let (origin, received) = recorder().await;
    let viaduct = guarded(&origin);
    let body = form(&[FIELD, MEDIA, PATH]);
    for content_type in [
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: application/json\r\n",
        "",
        "content-type: multipart/form-data\r\n",
        "content-type: multipart/form-data; boundary*0=b; boundary*1=0\r\n",
        "content-type: multipart/form-data; boundary=b1; boundary=b0\r\n",
        "content-type: multipart/form-data; boundary=b0; charset=utf-7\r\n",
        "content-type: multipart/form-data; boundary=b1\r\ncontent-type: multipart/form-data; boundary=b0\r\n",
        "content-type: multipart/form-data; boundary=b0\r\ncontent-encoding: gzip\r\n",
    ] {
        let answer = upload(&viaduct, "/files", content_type, &body).await;
        assert_eq!(refusal(&answer), (403, Some("forbidden-form")), "{content_type}");
    }
    // Another boundary than that of the form.
    let answer = upload(&viaduct, "/files", "content-type: multipart/form-data; boundary=b1\r\n", &body).await;
    assert_eq!(refusal(&answer), (403, Some("forbidden-form")));
    for path in ["/fil%65s", "//files", "/files/..%2ffiles", "/via/./files"] {
        let answer = upload(&viaduct, path, TYPE, &body).await;
        assert!(matches!(answer.status(), 400 | 403 | 404), "{path}: {}", answer.head);
    }
    assert!(received.lock().unwrap().is_empty(), "something went upstream");
}

#[tokio::test]
async fn an_ordinary_upload_arrives_byte_for_byte() {
    let via = via::start(via::Settings::default(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let overrides = Overrides { via: urls(&[via.addr()]), allow: vec!["none".into()], ..Overrides::default() };
    let viaduct = Viaduct::start(overrides);
    let content: String = (b'!'..=b'~').cycle().take(400_000).map(char::from).collect();
    let body = form(&[FIELD, &file(&content), MEDIA]);
    for fields in [TYPE.to_owned(), format!("{TYPE}transfer-encoding: chunked\r\n")] {
        let body = if fields.contains("chunked") { chunked(&body, 4999) } else { body.clone() };
        let answer = upload(&viaduct, "/files", &fields, &body).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
    for stored in via.files() {
        assert_eq!((stored.bytes, stored.hash), (400_000, via::fingerprint(content.as_bytes())));
    }
    assert_eq!(via.files().len(), 2);
    patiently(via.stop()).await;
}

#[tokio::test]
async fn on_loopback_and_where_it_is_allowed_a_path_passes() {
    for config in ["", "allow = [\"via.filename\"]"] {
        let (origin, received) = recorder().await;
        let viaduct = in_front_of(&origin, config);
        let body = form(&[FIELD, MEDIA, PATH]);
        assert_eq!(upload(&viaduct, "/files", TYPE, &body).await.status(), 200);
        assert!(received.lock().unwrap().starts_with(body.as_bytes()));
    }
}

#[tokio::test]
async fn other_requests_with_such_words_are_none_of_its_business() {
    let (origin, received) = recorder().await;
    let viaduct = guarded(&origin);
    let body = form(&[PATH]);
    assert_eq!(upload(&viaduct, "/summarize", TYPE, &body).await.status(), 200);
    assert!(received.lock().unwrap().starts_with(body.as_bytes()));
}

#[tokio::test]
async fn a_review_names_a_path_on_vias_disk_too() {
    let (origin, received) = recorder().await;
    let body = "{\"version\":\"1.0\",\"id\":\"0\",\"video_path\":\"/sim/secret.mp4\"}";
    let viaduct = guarded(&origin);
    for path in ["/reviewAlert", "/reviewAlert/", "/via/reviewAlert", "/v1/reviewAlert"] {
        let answer = upload(&viaduct, path, "content-type: application/json\r\n", body).await;
        assert_eq!((answer.status(), answer.field("x-viaduct-error")), (403, Some("not-allowed")), "{path}");
    }
    assert!(received.lock().unwrap().is_empty());
    let viaduct = Viaduct::start(Overrides { via: urls(&[origin.address]), ..Overrides::default() });
    assert_eq!(upload(&viaduct, "/reviewAlert", "content-type: application/json\r\n", body).await.status(), 200);
}
