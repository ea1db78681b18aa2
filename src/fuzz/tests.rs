//! Every seed again, and what a few thousand changes make of them: the fuzzer's ordinary days, in seconds.

use std::path::Path;

use super::*;

/// Changed inputs for each target.
const CHANGES: usize = 2000;
/// Longer inputs take too long without the optimizer.
const LONGEST: usize = 2048;

/// Bytes that mean something to one parser or another.
const TELLING: &[u8] = b"\r\n\t\0 :;,.-~<>[]{}()\"'\\/#=0159aAfFxX+_|\x7f\x80\xbf\xc3\xe3\xef\xff";

/// The seeds of one target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let mut seeds: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    seeds
}

/// A seed with a few bytes changed, put in, taken out, repeated, or brought over from another one.
fn change(dice: &mut Dice, seeds: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].1.clone();
    let other = &seeds[dice.below(seeds.len())].1;
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let length = dice.below(24);
        let telling = TELLING[dice.below(TELLING.len())];
        match dice.below(6) {
            0 => bytes.insert(at, telling),
            1 if at < bytes.len() => bytes[at] = telling,
            2 => drop(bytes.drain(at..bytes.len().min(at + length / 6))),
            3 => {
                let again = bytes[at..bytes.len().min(at + length)].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let from = dice.below(other.len() + 1);
                let piece = &other[from..other.len().min(from + length)];
                bytes.splice(at..at, piece.iter().copied());
            }
            _ => bytes.truncate(at.max(bytes.len() / 2)),
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// Runs a check, and shows the bytes that it fails for.
fn run(target: &str, check: Check, bytes: &[u8], what: &str) {
    let outcome = std::panic::catch_unwind(|| check(bytes));
    assert!(outcome.is_ok(), "{target}, {what}: {:?}", bytes.escape_ascii().to_string());
}

fn replay(target: &str, changes: usize) {
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let seeds = seeds(target);
    for (name, bytes) in &seeds {
        run(target, *check, bytes, name);
    }
    let mut dice = Dice::of(target.as_bytes());
    for n in 0..changes {
        run(target, *check, &change(&mut dice, &seeds), &format!("change {n}"));
    }
}

#[test]
fn json_splices_hold() {
    replay("splice_json", CHANGES);
}

#[test]
fn event_stream_splices_hold() {
    replay("splice_sse", CHANGES);
}

#[test]
fn the_grammar_holds() {
    replay("grammar", CHANGES);
}

#[test]
fn replies_hold() {
    replay("reply", CHANGES);
}

#[test]
fn configurations_hold() {
    replay("config", CHANGES);
}

#[test]
fn answers_hold() {
    replay("answer", CHANGES);
}

#[test]
fn proxy_headers_hold() {
    replay("proxy_header", CHANGES);
}

/// Fewer, for each goes through sockets.
#[test]
fn requests_hold() {
    replay("request", CHANGES / 4);
}

#[test]
fn frames_hold() {
    replay("http2", CHANGES / 4);
}

#[test]
fn every_target_has_a_program_for_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        let program = std::fs::read_to_string(folder.join(format!("targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("viaduct::fuzz::{name}::check")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
