//! A configuration file.

use std::path::Path;

use crate::config::{Config, Error, Overrides};
use crate::timestamps::parameters::Mode;
use crate::upstream::Kind;

/// What the file is called, so that a place can be told from a message.
const FILE: &str = "f";
/// What is wrong with two lines together has no place.
const WITHOUT_PLACE: [&str; 3] = ["more than one VIA endpoint", "two upstreams of kind `", "upstream `"];
/// More threads than this is a slip of the pen.
const MOST_WORKERS: usize = 1024;

/// Checks one file.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match read(text) {
        Ok(config) => {
            can_be_served(&config);
            let document: toml::Table = toml::from_str(text).expect("a configuration is TOML");
            let printed = toml::to_string(&document).expect("a document can be printed");
            let again = read(&printed).unwrap_or_else(|e| panic!("printed, it is refused: {e}\n{printed}"));
            assert_eq!(format!("{config:?}"), format!("{again:?}"), "printed and read again, it is the same");
            let flags = Overrides::default();
            let page = Config::print_text(Path::new(FILE), text, &flags).expect("what is valid can be printed");
            let again = Config::print_text(Path::new(FILE), &page, &flags);
            let again = again.unwrap_or_else(|e| panic!("what holds is refused: {e}\n{page}"));
            assert_eq!(values(&page), values(&again), "what holds is what is printed");
        }
        Err(error) => has_its_place(&error.to_string(), text),
    }
}

/// A page without the words on whose values they are.
fn values(page: &str) -> Vec<&str> {
    page.lines().map(|line| line.rsplit_once("  # ").map_or(line, |(value, _)| value)).collect()
}

fn read(text: &str) -> Result<Config, Error> {
    Config::parse(Path::new(FILE), text, Overrides::default())
}

/// Nothing that was read panics later.
fn can_be_served(config: &Config) {
    for upstream in &config.upstreams {
        assert!(!upstream.locations.is_empty(), "an upstream has an endpoint");
        let named = config.upstreams.iter().filter(|other| other.name == upstream.name).count();
        assert_eq!(named, 1, "a name is one upstream's");
        for location in &upstream.locations {
            let url = format!("http://{}{}", location.address, location.base);
            let flags = Overrides { to: vec![url.clone()], ..Overrides::default() };
            match Config::load(None, flags) {
                Ok(again) => assert!(again.upstreams[0].locations == [location.clone()], "{url} reads back as it was"),
                // Without the file we listen elsewhere, perhaps just there.
                Err(e) => assert!(e.to_string().contains("own listener"), "{url} was read, and is refused: {e}"),
            }
        }
    }
    assert!((1..=MOST_WORKERS).contains(&config.workers), "{} threads", config.workers);
    let vias = config.upstreams.iter().filter(|upstream| upstream.kind == Kind::Via);
    assert!(vias.map(|via| via.locations.len()).sum::<usize>() <= 1, "VIA keeps its files to itself");
    let has = |name: &str| config.upstreams.iter().any(|upstream| upstream.name == name);
    assert!(config.mappings.iter().all(|mapping| has(&mapping.upstream)), "a route leads somewhere");
    let timestamps = &config.timestamps;
    assert!(timestamps.upstream.as_deref().is_none_or(has), "a model is somewhere");
    let can_ask = timestamps.model.is_some() && timestamps.upstream.is_some();
    assert!(can_ask || matches!(timestamps.mode, Mode::Off | Mode::Text), "a mode can be had");
}

/// An error names a line and a column that the text has, or is about more than one line.
fn has_its_place(message: &str, text: &str) {
    let Some(place) = message.strip_prefix(FILE).and_then(|rest| rest.strip_prefix(':')) else {
        let is_known = WITHOUT_PLACE.iter().any(|known| message.starts_with(known));
        assert!(is_known, "an error without a place: {message}");
        return;
    };
    let mut parts = place.splitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).expect("a line and a column");
    let (line, column) = (number(), number());
    let there = text.split('\n').nth(line.wrapping_sub(1)).expect("the line is the text's");
    assert!((1..=there.chars().count() + 1).contains(&column), "the column is the line's: {message}");
    assert!(parts.next().is_some_and(|words| words.trim().len() > 3), "it says what is wrong: {message}");
}
