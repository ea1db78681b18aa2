//! The program as its users start it: exit codes, messages, signals.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::authority::{Authority, Folder};
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

/// What `check --print` says with these variables and arguments.
fn printed(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_viaduct"))
        .args(["check", "--print"])
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn check_prints_what_holds_and_takes_it_back() {
    let (authority, folder, elsewhere) = (Authority::new(), Folder::new(), Folder::new());
    let identity = authority.issue(&["localhost"]);
    folder.identity(&identity);
    folder.write("ca.pem", &authority.pem());
    let hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let file = folder.write(
        "v.toml",
        &format!(
            "drain = '5s'\n[tls]\ncert = 'cert.pem'\nkey = 'key.pem'\nclient_ca = 'ca.pem'\n\
             [[keys]]\nname = 'app'\nsha256 = '{hash}'\n\
             [[upstream]]\nkind = 'http'\nendpoints = ['https://localhost:9']\nca = 'ca.pem'\ntls_name = 'a.example'\n\
             client_cert = 'cert.pem'\nclient_key = 'key.pem'\n"
        ),
    );
    let variables = [("VIADUCT_CONFIG", &*file), ("VIADUCT_DRAIN", "7s"), ("VIADUCT_WORKERS", "3")];
    let page = printed(&variables, &["--workers", "2", "--model", "m", "--ollama", "http://127.0.0.1:1"]);
    for line in [
        "drain = \"7s\"  # environment: VIADUCT_DRAIN".to_owned(),
        "workers = 2  # flag: --workers".to_owned(),
        "admin = \"127.0.0.1:8081\"  # default".to_owned(),
        "endpoints = [\"http://127.0.0.1:1\"]  # flag: --ollama".to_owned(),
        "endpoints = [\"https://localhost:9\"]  # file".to_owned(),
        format!("key = {:?}  # file", folder.path("key.pem")),
        format!("client_key = {:?}  # file", folder.path("key.pem")),
        format!("ca = {:?}  # file", folder.path("ca.pem")),
        "client_auth = \"required\"  # default".to_owned(),
        "tls_name = \"a.example\"  # file".to_owned(),
    ] {
        assert!(page.contains(&line), "{line}\n{page}");
    }
    let secrets = identity.key.lines().map(str::trim).filter(|line| line.len() > 20).chain([hash]);
    for secret in secrets {
        assert!(!page.contains(secret), "{secret}\n{page}");
    }
    let again = elsewhere.write("w.toml", &page);
    assert!(said(&viaduct(&["check", &again])).ends_with("w.toml: ok\n"));
    let values = |page: &str| -> Vec<String> {
        page.lines().map(|line| line.split("  # ").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(values(&printed(&[], &[&again])), values(&page));

    folder.write("v.toml", "drian = '5s'\n");
    let output = viaduct(&["check", "--print", &file]);
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(3), true));
    assert!(said(&viaduct(&["check"])).ends_with("no file: ok\n"));
    assert!(said(&viaduct(&["check", "--via", "x"])).contains("--via: `x` is not an endpoint"));
}

#[test]
fn who_has_read_enough_of_a_page_may_go() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut check = Command::new(env!("CARGO_BIN_EXE_viaduct"));
    let output = check.args(["check", "--print"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), said(&output)), (Some(0), String::new()));
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
