use std::path::Path;
use std::time::Duration;

use super::super::{Config, Overrides};
use super::*;

const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new("v.toml"), text, Overrides::default()).map_err(|e| e.to_string())
}

fn wrong(text: &str) -> String {
    parse(text).unwrap_err()
}

fn key(rest: &str) -> String {
    format!("[[keys]]\nname = \"app\"\nsha256 = \"{HASH}\"\n{rest}\n")
}

fn cors(rest: &str) -> String {
    format!("[cors]\n{rest}\n")
}

#[test]
fn without_a_word_everything_is_open_and_nothing_is_limited() {
    let config = parse("").unwrap();
    assert_eq!(config.access, Settings::default());
    assert_eq!(config.connections, Limits::default());
    assert!(config.upstreams.iter().all(|upstream| upstream.max_body.is_empty()));
}

#[test]
fn a_key_has_scopes_and_a_rate() {
    let text = key(
        "scopes = [\"via\", \"generate\", \"ollama.library\", \"/media\"]\nrate = { requests = 60, per = \"1m\", burst = 5 }",
    );
    let keys = parse(&text).unwrap().access.keys;
    assert_eq!(keys[0].digest, Digest::of(b"abc"));
    assert_eq!(
        keys[0].scopes,
        Some(vec![
            Scope::To(Kind::Via, None),
            Scope::Class(Class::Generate as usize),
            Scope::To(Kind::Ollama, Some(Class::Library as usize)),
            Scope::Path("/media".into()),
        ])
    );
    assert_eq!(keys[0].rate, Some(Rate { interval: Duration::from_secs(1), burst: NonZeroU32::new(5).unwrap() }));
    let keys = parse(&key("rate = { requests = 60, per = \"1m\" }")).unwrap().access.keys;
    assert_eq!(keys[0].rate.unwrap().burst.get(), 60);
    assert_eq!(keys[0].scopes, None);
}

#[test]
fn a_wrong_key_is_named_with_its_place_and_never_shown() {
    assert!(wrong(&key("scopes = []")).starts_with("v.toml:4:10: a key for nothing"));
    assert!(wrong(&key("scopes = [\"olama\"]")).ends_with("did you mean `ollama`?"));
    for scope in ["via.library", "x.info", "/a/../b", "/a%2e", "//a", "/a?b"] {
        assert!(wrong(&key(&format!("scopes = [\"{scope}\"]"))).starts_with("v.toml:4:11: "), "{scope}");
    }
    assert!(wrong(&key("rate = { requests = 0, per = \"1s\" }")).ends_with("at least 1"));
    assert!(wrong(&key("rate = { requests = 5, per = \"none\" }")).contains("needs a period"));
    assert!(wrong(&key("rate = { requests = 5, per = \"1ns\" }")).contains("too short"));
    assert!(wrong(&format!("{}{}", key(""), key(""))).ends_with("there is a key `app` already"));
    let again = key("").replace("\"app\"", "\"other\"");
    assert!(wrong(&format!("{}{again}", key(""))).ends_with("this is the key `app` again"));
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(wrong(&key("").replace(HASH, nothing)).contains("hash of nothing"));
    // The key itself, where its hash should be.
    for text in ["vdk_secret".to_owned(), format!("{HASH}secret"), "s\u{e9}cret".into()] {
        let message = wrong(&key("").replace(HASH, &text));
        assert!(message.starts_with("v.toml:3:10: not 64 hexadecimal digits"), "{message}");
        assert!(!message.contains("cret"), "{message}");
    }
    for text in ["sha256 = [\"vdk_secret\"]", "key = \"vdk_secret\"", "sha256 = \"vdk_secret"] {
        let message = wrong(&key("").replace(&format!("sha256 = \"{HASH}\""), text));
        assert!(!message.contains("vdk_secret"), "{message}");
    }
}

#[test]
fn nothing_that_is_debugged_shows_a_key_or_its_hash() {
    let config = parse(&key("")).unwrap();
    assert!(!format!("{config:?}").contains(&HASH[..8]));
    let file: super::super::file::File = toml::from_str(&key("")).unwrap();
    assert!(!format!("{file:?}").contains(&HASH[..8]));
}

#[test]
fn what_is_allowed_is_a_list_of_words() {
    assert_eq!(parse("allow = []").unwrap().access.allow.written, Some(Vec::new()));
    let allow = parse("allow = [\"ollama.library\", \"via.filename\"]").unwrap().access.allow;
    assert_eq!(allow.written, Some(vec![Feature::Library, Feature::Filename]));
    let message = wrong("allow = [\"ollama.libary\"]");
    assert!(message.starts_with("v.toml:1:10: ") && message.ends_with("did you mean `ollama.library`?"), "{message}");
    let flags = |words: &[&str]| {
        let allow = words.iter().map(|&word| word.to_owned()).collect();
        let overrides = Overrides { allow, ..Overrides::default() };
        Config::parse(Path::new("v.toml"), "allow = [\"via.filename\"]", overrides)
            .map(|config| config.access.allow.written)
    };
    assert_eq!(flags(&["ollama.library"]).unwrap(), Some(vec![Feature::Library]));
    assert_eq!(flags(&["none"]).unwrap(), Some(Vec::new()));
    assert!(flags(&["all"]).unwrap_err().to_string().starts_with("--allow: `all`"));
}

#[test]
fn origins_are_written_as_browsers_send_them() {
    let config = parse(&cors(
        "origins = [\"https://App.example\", \"http://10.0.0.1:3000\", \"tauri://localhost\", \"http://[::1]:80a\"]",
    ));
    assert!(config.unwrap_err().contains("its port is none"));
    let text = cors(
        "origins = [\"https://App.example\", \"http://[::1]:8080\", \"tauri://localhost\"]\ncredentials = true\nmax_age = \"1h\"",
    );
    let origins = parse(&text).unwrap().access.origins.unwrap();
    assert_eq!(origins.origins, ["https://app.example", "http://[::1]:8080", "tauri://localhost"]);
    assert_eq!((origins.credentials, origins.max_age), (true, 3600));
    assert_eq!(origins.headers, HEADERS);
    for wrong_origin in [
        "app.example",
        "https://",
        "https://app.example/",
        "https://app.example/x",
        "https://u@app.example",
        "null",
        "https://app.example:443",
        "http://app.example:80",
        "https://*.example",
        "https://a b",
        "https://a:99999",
        "1x://a",
        "https://a?b",
    ] {
        let message = wrong(&cors(&format!("origins = [\"{wrong_origin}\"]")));
        assert!(message.starts_with("v.toml:2:12: "), "{wrong_origin}: {message}");
    }
}

#[test]
fn a_star_stands_alone_and_without_credentials() {
    let origins = parse(&cors("origins = [\"*\"]")).unwrap().access.origins.unwrap();
    assert!(origins.origins.is_empty());
    assert_eq!(origins.headers, ANY_HEADERS);
    assert!(
        wrong(&cors("origins = [\"*\"]\ncredentials = true"))
            .starts_with("v.toml:2:12: `*` together with `credentials`")
    );
    let listed = "origins = [\"https://a.example\"]\ncredentials = true";
    assert!(wrong(&cors(&format!("{listed}\nheaders = [\"*\"]"))).starts_with("v.toml:4:12: `*` together"));
    assert!(wrong(&cors(&format!("{listed}\nmethods = [\"*\"]"))).starts_with("v.toml:4:12: `*` together"));
    assert!(wrong(&cors("origins = [\"https://a.example\", \"*\"]")).starts_with("v.toml:2:33: `*` is every origin"));
    assert!(wrong(&cors("origins = []")).starts_with("v.toml:2:11: no origin"));
    assert!(wrong(&cors("origins = [\"*\"]\nmethods = [\"GET POST\"]")).contains("is no name"));
}

#[test]
fn limits_have_units_and_an_upstream_its_own() {
    let text = "[limits]\nmax_connections = 9\nmax_connections_per_address = 3\nmax_body = \"1MiB\"\n\
        [[upstream]]\nkind = \"via\"\nendpoints = [\"http://a:1\"]\nmax_body = { upload = \"2GB\", chat = \"none\" }\n\
        [[upstream]]\nkind = \"http\"\nendpoints = [\"http://b:1\"]\n";
    let config = parse(text).unwrap();
    assert_eq!(config.connections, Limits { total: Some(9), per_address: Some(3) });
    let of = |number: usize, class: Class| {
        config.upstreams[number].max_body.iter().find(|(of, _)| *of == class).map(|(_, bytes)| *bytes)
    };
    assert_eq!(of(0, Class::Upload), Some(2_000_000_000));
    assert_eq!(of(0, Class::Summarize), Some(1 << 20));
    assert_eq!(of(0, Class::Chat), None);
    assert_eq!(of(1, Class::Plain), Some(1 << 20));
    assert!(wrong("[limits]\nmax_body = 5").starts_with("v.toml:2:12: "));
    assert!(wrong("[limits]\nmax_body = \"5\"").contains("a number of bytes with its unit"));
    assert!(wrong("[limits]\nmax_connections = 0").ends_with("at least 1"));
    let message = wrong("[[upstream]]\nkind = \"http\"\nendpoints = [\"http://b:1\"]\nmax_body = { upload = \"1B\" }");
    assert!(message.starts_with("v.toml:4:14: `upload` is no class"), "{message}");
}
