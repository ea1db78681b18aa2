//! `viaduct bench` as its users start it: a run against the simulators, its files, its exit codes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_viaduct")).arg("bench").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A file of this test, removed in the end.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("viaduct-bench-{}-{name}", std::process::id())))
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What of `value` does not fit `schema`, as far as `required`, `type`, `const`, `enum`, `items` and `$ref` tell. Keys
/// that the schema does not name do not fit either.
fn misfits(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return misfits(root, root.pointer(&name[1..]).unwrap(), value, at, found);
    }
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        _ => value.is_null(),
    };
    let kinds: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let is_listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let is_it = schema.get("const").is_none_or(|it| it == value);
    if !(kinds.is_empty() || kinds.iter().any(|kind| is(kind))) || !is_listed || !is_it {
        found.push(format!("{at}: {value}"));
    }
    if let Some(object) = value.as_object() {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(required.filter(|key| !object.contains_key(*key)).map(|key| format!("{at} lacks {key}")));
        for (key, value) in object {
            match schema["properties"].get(key) {
                Some(schema) => misfits(root, schema, value, &format!("{at}.{key}"), found),
                None if schema.get("properties").is_some() => found.push(format!("{at}.{key} is not described")),
                None => {}
            }
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        misfits(root, &schema["items"], item, &format!("{at}[{index}]"), found);
    }
}

#[test]
fn a_run_says_what_viaduct_adds_and_leaves_its_files() {
    let (json, html) = (File::new("report.json"), File::new("report.html"));
    let small = ["--scenario", "get,sse", "--duration", "200ms", "--rounds", "2", "--connections", "4"];
    let files = ["--json", json.name(), "--html", html.name()];
    let output = bench(&[&small[..], &files[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("viaduct adds to first event p50"), "{}", said(&output));

    let report: Value = serde_json::from_str(&json.text()).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../src/bench/schema.json")).unwrap();
    let mut found = Vec::new();
    misfits(&schema, &schema, &report, "report", &mut found);
    assert_eq!(found, Vec::<String>::new());
    for (scenario, metric) in [(0, "cpu_us_per_request"), (1, "cpu_us_per_event")] {
        let target = &report["scenarios"][scenario]["targets"][1];
        assert_eq!((&target["name"], &target["failed"]), (&"viaduct".into(), &0.into()));
        let cpu = target["metrics"].as_array().unwrap().iter().find(|one| one["metric"] == metric).unwrap();
        assert!(cpu["median"].as_f64().unwrap() > 1.0, "{cpu}");
    }

    let page = html.text();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("<svg") && !page.contains("http://www") && !page.contains("<script"), "not self-contained");
    for element in ["html", "section", "svg", "table", "figure", "tr", "td", "ul", "p", "text"] {
        let (opened, closed) = (format!("<{element}"), format!("</{element}>"));
        let opened = page.match_indices(&opened).filter(|(at, found)| page[at + found.len()..].starts_with(['>', ' ']));
        assert_eq!(opened.count(), page.matches(&closed).count(), "{element}");
    }

    let again = ["--scenario", "get", "--duration", "100ms", "--rounds", "1", "--connections", "4"];
    let output = bench(&[&again[..], &["--compare", json.name()][..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("compared with the run of"), "{}", said(&output));
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let json = File::new("rate.json");
    let output = bench(&[
        "--scenario",
        "ping",
        "--rate",
        "100",
        "--connections",
        "2",
        "--duration",
        "500ms",
        "--rounds",
        "1",
        "--json",
        json.name(),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report: Value = serde_json::from_str(&json.text()).unwrap();
    let target = &report["scenarios"][0]["targets"][1];
    let metrics = target["metrics"].as_array().unwrap();
    let rate = metrics.iter().find(|one| one["metric"] == "requests_per_s").unwrap()["median"].as_f64().unwrap();
    assert!((80.0..120.0).contains(&rate), "{rate}");
}

#[test]
fn errors_of_the_load_and_of_the_user_have_their_exit_codes() {
    let missing = ["--to", "http://127.0.0.1:1", "--duration", "50ms", "--rounds", "1"];
    let output = bench(&missing);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("connection refused"), "{}", said(&output));
    for (arguments, says) in [
        (&["--scenario", "nonsense"][..], "no scenario `nonsense`"),
        (&["--ollama", "http://127.0.0.1:1", "--scenario", "upload"][..], "none of the named servers"),
        (&["--to", "ftp://a"][..], "http://"),
        (&["--rate", "0"][..], "a second"),
    ] {
        let output = bench(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(says), "{}", said(&output));
    }
}
