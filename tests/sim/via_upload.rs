//! Uploads and their content.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use viaduct::sim::via;

use crate::client::{FORM, Wire, form, get, local, send, soon, start_via, upload};

#[tokio::test]
async fn gives_back_the_very_bytes_and_ranges_of_them() {
    let via = start_via();
    let content: Vec<u8> = (0..1_000_003_u32).map(|n| (n * 7 % 253) as u8).collect();
    let id = upload(via.addr(), "dock 7.mp4", &content).await;
    let stored = &via.files()[0];
    assert_eq!((stored.bytes, stored.hash), (1_000_003, via::fingerprint(&content)));
    let path = format!("/files/{id}/content");
    let whole = get(via.addr(), &path).await;
    assert!(whole.body == content);
    assert_eq!(whole.header("content-type"), Some("video/mp4"));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    assert_eq!(whole.header("content-length"), Some("1000003"));
    let etag = whole.header("etag").unwrap().to_owned();
    assert_eq!(etag.len(), 34);
    let part = send(via.addr(), "GET", &path, "range: bytes=500000-500009\r\n", b"").await;
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 500000-500009/1000003")));
    assert!(part.body == content[500_000..500_010]);
    let stale = send(via.addr(), "GET", &path, "range: bytes=0-1\r\nif-range: \"other\"\r\n", b"").await;
    assert_eq!(stale.status, 200);
    let same = send(via.addr(), "GET", &path, &format!("if-none-match: {etag}\r\n"), b"").await;
    assert_eq!(same.status, 200, "never 304");
    let beyond = send(via.addr(), "GET", &path, "range: bytes=1000003-\r\n", b"").await;
    assert_eq!((beyond.status, beyond.header("content-range"), beyond.text()), (416, Some("*/1000003"), ""));
    let malformed = send(via.addr(), "GET", &path, "range: bytes=5-2\r\n", b"").await;
    assert_eq!((malformed.status, malformed.header("content-type")), (400, Some("text/plain; charset=utf-8")));
    let several = send(via.addr(), "GET", &path, "range: bytes=0-1,9-10\r\n", b"").await;
    assert_eq!((several.status, several.header("content-type")), (206, Some("video/mp4")));
    let range = several.header("content-range").unwrap();
    let boundary = range.strip_prefix("multipart/byteranges; boundary=").unwrap().to_owned();
    assert!(several.whole && several.body.ends_with(format!("--{boundary}--").as_bytes()));
    via.stop().await;
}

#[tokio::test]
async fn answers_with_the_keys_in_their_order() {
    let via = start_via();
    let reply = send(via.addr(), "POST", "/files", FORM, &form("file_0", b"abc")).await;
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    let expected = format!(
        r#"{{"id":"{id}","bytes":3,"filename":"file_0","purpose":"vision","camera_id":null,"media_type":"video"}}"#
    );
    assert_eq!(reply.text(), expected);
    assert_eq!((reply.header("server"), reply.header("content-type")), (Some("uvicorn"), Some("application/json")));
    assert!(reply.header("date").is_some());
    let list = get(via.addr(), "/files?purpose=vision").await;
    assert_eq!(list.text(), format!(r#"{{"data":[{expected}],"object":"list"}}"#));
    assert_eq!(get(via.addr(), "/files?purpose=other").await.text(), r#"{"data":[],"object":"list"}"#);
    let info = get(via.addr(), &format!("/files/{}", id.to_uppercase().replace('-', ""))).await;
    assert_eq!(info.text(), expected.replace(r#","media_type":"video""#, ""));
    let content = get(via.addr(), &format!("/files/{id}/content")).await;
    assert_eq!(content.header("content-type"), Some("text/plain; charset=utf-8"));
    let deleted = send(via.addr(), "DELETE", &format!("/files/{id}"), "", b"").await;
    assert_eq!(deleted.text(), format!(r#"{{"id":"{id}","object":"file","deleted":true}}"#));
    let gone = get(via.addr(), &format!("/files/{id}")).await;
    assert_eq!(gone.text(), format!(r#"{{"code":"BadParameter","message":"No such resource {id}"}}"#));
    assert_eq!(gone.status, 400);
    via.stop().await;
}

#[tokio::test]
async fn finds_the_boundary_across_any_cut_and_in_chunks() {
    let via = start_via();
    let content = b"\r\n--X\r\n--XY\r\n-".repeat(30);
    let form = form("a.mp4", &content);
    for size in [1, 2, 3, 7, 64] {
        let mut wire = Wire::open(via.addr()).await;
        let head = format!("POST /files HTTP/1.1\r\nhost: a\r\n{FORM}transfer-encoding: chunked\r\n\r\n");
        wire.write(head.as_bytes()).await;
        let mut chunked = Vec::new();
        for piece in form.chunks(size) {
            chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            chunked.extend_from_slice(piece);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        wire.write(&chunked).await;
        assert_eq!(wire.reply("POST").await.json()["bytes"], content.len());
    }
    assert!(via.files().iter().all(|file| file.hash == via::fingerprint(&content)));
    via.stop().await;
}

#[tokio::test]
async fn judges_only_after_the_last_byte() {
    let via = start_via();
    let bad = [
        (FORM, form("(1).mp4", b"x"), 400, r#"{"code":"BadParameters""#),
        (FORM, form("a.png", b"x"), 400, r#"{"code":"InvalidFile""#),
        (
            FORM,
            b"--XX--\r\n".to_vec(),
            422,
            r#"{"code":"InvalidParameters","message":"('body', 'purpose'): Field required"}"#,
        ),
        ("content-type: multipart/form-data\r\n", form("a", b"x"), 400, r#"{"detail":"#),
        (FORM, b"--XX\r\nnonsense\r\n\r\n".to_vec(), 400, r#"{"detail":"#),
        ("content-type: application/json\r\n", b"{}".to_vec(), 422, r#"{"code":"InvalidParameters""#),
    ];
    for (headers, body, status, start) in bad {
        let reply = send(via.addr(), "POST", "/files", headers, &body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert!(reply.text().starts_with(start), "{}", reply.text());
    }
    let text = "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nvision\r\n--XX\r\nContent-Disposition: \
                form-data; name=\"media_type\"\r\n\r\nvideo\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\
                \r\nxyz\r\n--XX--";
    let reply = send(via.addr(), "POST", "/files", FORM, text.as_bytes()).await;
    let message = r#"('body', 'file'): Value error, Expected 'bytes', received: 'string' (input: "xyz")"#;
    assert_eq!(reply.json(), json!({"code": "InvalidParameters", "message": message}));
    // Nothing is said while the body is on its way, however bad its start is.
    let mut wire = Wire::open(via.addr()).await;
    wire.write(format!("POST /files HTTP/1.1\r\nhost: a\r\n{FORM}content-length: 20\r\n\r\n--XX--\r\n").as_bytes())
        .await;
    soon(via.until(|counts| counts.running == 1)).await;
    assert!(wire.rest().is_empty());
    wire.write(&[b' '; 12]).await;
    assert_eq!(wire.reply("POST").await.status, 422);
    assert!(via.files().is_empty());
    via.stop().await;
}

#[tokio::test]
async fn asks_for_the_body_only_when_it_wants_it() {
    let via = start_via();
    let body = form("a.mp4", b"abc");
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\n{FORM}expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
    };
    let mut wire = Wire::open(via.addr()).await;
    wire.write(head("/files").as_bytes()).await;
    assert_eq!(wire.until("\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    wire.write(&body).await;
    assert_eq!(wire.reply("POST").await.status, 200);
    let mut wire = Wire::open(via.addr()).await;
    wire.write(head("/nowhere").as_bytes()).await;
    assert_eq!(wire.reply("POST").await.status, 404);
    via.stop().await;
}

#[tokio::test]
async fn takes_a_large_file_without_keeping_it_in_memory() {
    let settings = via::Settings { keep: false, storage: Some(300 << 20), ..via::Settings::default() };
    let via = via::start(settings, local()).unwrap();
    let form = form("big.mp4", b"");
    let (head, tail) = form.split_at(form.len() - b"\r\n--XX--\r\n".len());
    let size = 256 << 20;
    let mut stream = tokio::net::TcpStream::connect(via.addr()).await.unwrap();
    let length = form.len() + size;
    stream
        .write_all(format!("POST /files HTTP/1.1\r\nhost: a\r\n{FORM}content-length: {length}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    stream.write_all(head).await.unwrap();
    let piece = vec![7; 1 << 20];
    for _ in 0..size >> 20 {
        soon(stream.write_all(&piece)).await.unwrap();
    }
    stream.write_all(tail).await.unwrap();
    soon(via.until(|counts| counts.running == 0 && counts.requests == 1)).await;
    assert_eq!(via.files()[0].bytes, size as u64);
    assert_eq!(via.bytes_received(), length as u64);
    let reply = send(via.addr(), "POST", "/files", FORM, &crate::client::form("b.mp4", &vec![0; 45 << 20])).await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (503, Some("ServerBusy")));
    via.stop().await;
}
