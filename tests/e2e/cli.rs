//! The program as its users start it: exit codes, messages, signals.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{Origin, Peer, patiently, serve};

fn viaduct(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_viaduct")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn version_and_usage() {
    assert!(said(&viaduct(&["version"])).starts_with("viaduct 0."));
    let json: serde_json::Value = serde_json::from_slice(&viaduct(&["version", "--json"]).stdout).unwrap();
    assert_eq!(json["name"], "viaduct");
    assert_eq!(viaduct(&["serve", "--nonsense"]).status.code(), Some(2));
}

#[test]
fn check_says_where_and_what_would_be_right() {
    let path = std::env::temp_dir().join(format!("viaduct-check-{}.toml", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(b"listen = ['127.0.0.1:1']\nadnim = 'off'\n").unwrap();
    let output = viaduct(&["check", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains(":2:1: unknown key `adnim`"), "{}", said(&output));
    assert!(said(&output).contains("did you mean `admin`?"), "{}", said(&output));
    std::fs::write(&path, "listen = ['127.0.0.1:1']\n").unwrap();
    let output = viaduct(&["check", path.to_str().unwrap()]);
    assert_eq!((output.status.code(), said(&output).ends_with("ok\n")), (Some(0), true));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn several_vias_are_refused_at_start() {
    let output = viaduct(&["serve", "--via", "http://127.0.0.1:1", "--via", "http://127.0.0.1:2"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("more than one VIA endpoint"), "{}", said(&output));
}

#[tokio::test]
async fn serve_logs_its_address_and_every_exchange_and_stops_at_sigterm() {
    let origin = Origin::echo().await;
    let (mut child, address) = serve(&["--to", &format!("http://{}", origin.address)]).await;
    let mut access = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut client = Peer::connect(address).await;
    client.get("/a?b=c").await;
    assert_eq!(client.response().await.status(), 200);
    let line = patiently(access.next_line()).await.unwrap().unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["target"], "access");
    assert_eq!((line["status"].as_u64(), line["upstream"].as_str()), (Some(200), Some("to/0")));
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = patiently(child.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_demo_does_the_main_job() {
    let output = viaduct(&["demo", "--once", "--size", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for seen in ["the same bytes down again", "timestamps: ok by text", "timestamps: ok by model", "[DONE]"] {
        assert!(said(&output).contains(seen), "{seen}: {}", said(&output));
    }
}

#[test]
fn timestamps_reads_standard_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_viaduct"))
        .arg("timestamps")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"From 1:05 to 1:18 a child runs.").unwrap();
    let output = child.wait_with_output().unwrap();
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&object["status"], &object["ranges"][0]["start"]), (&"ok".into(), &65.0.into()));
}
