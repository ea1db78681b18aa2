//! Keys are in nothing that is written down.

use std::process::{Command, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::key;
use crate::support::{Origin, Peer, patiently};

#[test]
fn a_new_key_is_shown_once_with_a_configuration_that_is_valid() {
    let output = Command::new(env!("CARGO_BIN_EXE_viaduct")).args(["key", "--name", "app"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let key = said.split_whitespace().find(|word| word.starts_with("vdk_")).unwrap();
    let file = std::env::temp_dir().join(format!("viaduct-key-{}.toml", std::process::id()));
    std::fs::write(&file, &said).unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_viaduct")).arg("check").arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let shown = [checked.stdout, checked.stderr].concat();
    assert!(!String::from_utf8_lossy(&shown).contains(key));
    assert!(said.contains(&viaduct::access::Digest::of(key.as_bytes()).hex()));
}

#[tokio::test]
async fn the_logs_name_a_key_and_never_show_one() {
    let origin = Origin::echo().await;
    let file = std::env::temp_dir().join(format!("viaduct-secrets-{}.toml", std::process::id()));
    let url = format!("http://{}", origin.address);
    let slow = key("slow", "vdk_secret_b", "rate = { requests = 1, per = \"1h\" }\nscopes = [\"http\"]");
    let config = format!("{}{slow}", key("app", "vdk_secret_a", ""));
    std::fs::write(&file, config).unwrap();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_viaduct"))
        // The lines of one worker stay in order.
        .args(["serve", "--workers", "1", "--listen", "127.0.0.1:0", "--admin", "off"])
        .args(["--to", &url, "--ollama", &url, "--config"])
        .arg(&file)
        .env("VIADUCT_LOG", "trace")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut diagnostics = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut noise = String::new();
    let address = loop {
        let line = patiently(diagnostics.next_line()).await.unwrap().unwrap();
        noise.push_str(&line);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        if line["message"] == "listening" {
            break line["address"].as_str().unwrap().parse().unwrap();
        }
    };
    std::fs::remove_file(&file).unwrap();
    let requests = [
        ("GET /x", "authorization: Bearer vdk_secret_a\r\n", 200, Some("app")),
        ("GET /x", "x-api-key: vdk_secret_b\r\n", 200, Some("slow")),
        ("GET /x", "x-api-key: vdk_secret_b\r\n", 429, Some("slow")),
        ("GET /api/tags", "x-api-key: vdk_secret_b\r\n", 403, Some("slow")),
        ("GET /x", "authorization: Bearer vdk_secret_c\r\n", 401, None),
        ("GET /x", "authorization: Bearer vdk_secret_a\r\nauthorization: Bearer vdk_secret_b\r\n", 400, None),
        ("GET /x?api_key=vdk_secret_a&a=b", "", 401, None),
        ("GET /x?key=vdk_secret_a", "x-api-key: vdk_secret_a\r\n", 200, Some("app")),
    ];
    for (start, fields, status, _) in requests {
        let mut client = Peer::connect(address).await;
        client.send(format!("{start} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n")).await;
        let answer = client.response().await;
        assert_eq!(answer.status(), status, "{start} {fields}");
        if status != 200 {
            assert!(!answer.head.contains("secret") && !answer.text().contains("secret"), "{}", answer.text());
        }
    }
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut access = String::new();
    patiently(child.stdout.take().unwrap().read_to_string(&mut access)).await.unwrap();
    while let Some(line) = patiently(diagnostics.next_line()).await.unwrap() {
        noise.push_str(&line);
    }
    assert!(!access.contains("secret") && !noise.contains("secret"), "{access}\n{noise}");
    let lines: Vec<serde_json::Value> = access.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), requests.len());
    for (line, (start, _, status, name)) in lines.iter().zip(requests) {
        assert_eq!((line["status"].as_u64(), line["key"].as_str()), (Some(u64::from(status)), name), "{start}");
    }
    assert_eq!(lines[6]["path"], "/x?api_key=***&a=b");
}
