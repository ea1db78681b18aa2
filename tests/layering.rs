//! Imports point downward: reads the `crate::` paths of every source file and checks them against the house's layers.

#![expect(clippy::unwrap_used, reason = "what a test cannot do without it does not try to")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Which rooms each room may name, lowest first.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("parts", &[]),
    ("log", &["parts"]),
    ("sim", &[]),
    ("clock", &["error"]),
    ("turn", &[]),
    ("transport", &[]),
    ("tls", &[]),
    ("head", &[]),
    ("h1", &["head"]),
    ("metrics", &["error", "parts"]),
    ("body", &["clock", "error"]),
    ("pool", &["body", "h1", "head", "tls", "transport"]),
    ("upstream", &["pool", "tls", "body", "error", "head", "metrics"]),
    ("access", &["upstream", "body", "error", "head"]),
    ("timestamps", &["upstream", "body", "error", "metrics"]),
    (
        "proxy",
        &[
            "access",
            "timestamps",
            "upstream",
            "pool",
            "body",
            "clock",
            "turn",
            "transport",
            "error",
            "head",
            "log",
            "metrics",
        ],
    ),
    ("server", &["proxy", "body", "clock", "tls", "turn", "transport", "error", "h1", "head", "metrics"]),
    ("admin", &["server", "metrics"]),
    ("config", &["access", "proxy", "tls", "timestamps", "upstream", "pool", "body", "h1"]),
    ("app", &["access", "config", "admin", "server", "tls", "proxy", "timestamps", "upstream", "metrics"]),
    ("demo", &["app", "config", "sim", "timestamps"]),
    ("bench", &["sim"]),
    ("cli", &["access", "app", "bench", "demo", "config", "log", "sim", "proxy", "timestamps", "upstream", "metrics"]),
    ("fuzz", &["app", "config", "server", "proxy", "timestamps", "upstream", "pool", "h1"]),
];

/// In tests a room may build what it is tested with.
const TEST_ONLY: &[(&str, &str)] = &[("proxy", "metrics"), ("upstream", "pool"), ("timestamps", "fuzz")];

#[test]
fn every_room_is_in_the_table() {
    let rooms: BTreeSet<_> = sources().iter().map(|path| room(path)).collect();
    let known: BTreeSet<_> = LAYERS.iter().map(|(room, _)| (*room).to_owned()).collect();
    let outside = ["lib", "main"].map(str::to_owned).into();
    let unknown: Vec<_> = rooms.difference(&known).filter(|room| !BTreeSet::contains(&outside, *room)).collect();
    assert!(unknown.is_empty(), "give these a layer: {unknown:?}");
}

#[test]
fn imports_point_downward() {
    let mut wrong = Vec::new();
    for path in sources() {
        let room = room(&path);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == room) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for named in named(code) {
                let is_own = named == room || allowed.contains(&named.as_str());
                if !is_own && !TEST_ONLY.contains(&(room.as_str(), named.as_str())) {
                    wrong.push(format!("{}:{}: {room} names {named}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_layer_allows_what_stands_above_it() {
    for (at, (room, allowed)) in LAYERS.iter().enumerate() {
        for below in *allowed {
            let position = LAYERS.iter().position(|(name, _)| name == below).unwrap();
            assert!(position < at, "{room} stands below {below}");
        }
    }
}

/// The rooms that a line names as `crate::ROOM`.
fn named(code: &str) -> Vec<String> {
    code.match_indices("crate::")
        .map(|(at, found)| {
            let rest = &code[at + found.len()..];
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        })
        .filter(|name: &String| !name.is_empty())
        .collect()
}

fn room(path: &Path) -> String {
    let inside = path.strip_prefix(src()).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 20, "the sources are not where they should be");
    found
}
