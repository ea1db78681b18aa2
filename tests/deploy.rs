//! Every example configuration is valid, and what the README says of the program is what the program says of itself.

use std::path::Path;

use viaduct::config::{Config, Overrides};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_example_is_valid() {
    let examples: Vec<_> = std::fs::read_dir(top().join("deploy"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(!examples.is_empty());
    for example in examples {
        Config::load(Some(&example), Overrides::default()).unwrap();
    }
}

#[test]
fn the_example_names_the_defaults() {
    let written = Config::load(Some(&top().join("deploy/viaduct.toml")), Overrides::default()).unwrap();
    let default = Config::load(None, Overrides::default()).unwrap();
    assert_eq!(written.listen, default.listen);
    assert_eq!(written.admin, default.admin);
    assert_eq!((written.drain, written.drain_delay), (default.drain, default.drain_delay));
    assert_eq!(written.downstream, default.downstream);
    for (written, default) in written.upstreams.iter().zip(&default.upstreams) {
        assert_eq!(
            (&written.name, &written.locations, &written.pool),
            (&default.name, &default.locations, &default.pool)
        );
    }
    let (class, deadlines) = written.upstreams[0].deadlines[0];
    assert_eq!(deadlines, class.deadlines());
}

#[test]
fn the_gate_runs_the_readmes_test_command() {
    let readme = std::fs::read_to_string(top().join("README.md")).unwrap();
    let gate = std::fs::read_to_string(top().join(".ci/run")).unwrap();
    let command = readme.lines().find(|line| line.starts_with("cargo test")).unwrap();
    let command = command.split('#').next().unwrap().trim();
    assert!(gate.lines().any(|line| line.trim() == command), "{command}");
}

#[test]
fn the_readmes_parser_example_is_what_the_parser_prints() {
    use std::io::Write;
    let readme = std::fs::read_to_string(top().join("README.md")).unwrap();
    let mut lines = readme.lines().skip_while(|line| !line.starts_with("$ echo '"));
    let text = lines.next().unwrap().split('\'').nth(1).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_viaduct"))
        .arg("timestamps")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), lines.next().unwrap());
}
