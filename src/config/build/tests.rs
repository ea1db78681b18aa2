use std::path::Path;

use super::*;
use crate::proxy::{Class, OnClientGone};
use crate::timestamps::parameters::Mode;
use crate::upstream::Kind;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(Path::new("v.toml"), text, Overrides::default()).map_err(|e| e.to_string())
}

fn wrong(text: &str) -> String {
    parse(text).unwrap_err()
}

#[test]
fn without_a_file_there_are_a_via_and_an_ollama_on_loopback() {
    let config = Config::load(None, Overrides::default()).unwrap();
    let urls: Vec<_> = config.upstreams.iter().map(|u| format!("{} {}", u.name, u.locations[0].address)).collect();
    assert_eq!(urls, ["via 127.0.0.1:8100", "ollama 127.0.0.1:11434"]);
    assert_eq!((config.timestamps.mode, config.timestamps.is_explicit), (Mode::Text, false));
    assert_eq!(config.timestamps.upstream.as_deref(), Some("ollama"));
}

#[test]
fn naming_one_upstream_means_only_that_one_exists() {
    let flags = Overrides { to: vec!["http://127.0.0.1:9".into()], ..Overrides::default() };
    let config = Config::load(None, flags).unwrap();
    assert_eq!(config.upstreams.len(), 1);
    assert_eq!(config.upstreams[0].kind, Kind::Http);
}

#[test]
fn flags_replace_the_files_upstreams_of_their_kind() {
    let text =
        "[[upstream]]\nkind='via'\nendpoints=['http://a:1']\n[[upstream]]\nkind='ollama'\nendpoints=['http://b:2']";
    let flags = Overrides { via: vec!["http://c:3".into()], ..Overrides::default() };
    let config = Config::parse(Path::new("v.toml"), text, flags).unwrap();
    let mut urls: Vec<_> = config.upstreams.iter().map(|u| u.locations[0].address.to_string()).collect();
    urls.sort();
    assert_eq!(urls, ["b:2", "c:3"]);
}

#[test]
fn a_wrong_key_or_value_is_named_with_its_place() {
    assert!(wrong("lisen = []").starts_with("v.toml:1:1: unknown key `lisen`"));
    assert!(wrong("lisen = []").ends_with("did you mean `listen`?"));
    assert!(wrong("drain = 5").starts_with("v.toml:1:9: invalid type: integer `5`, expected a duration"));
    assert!(wrong("\ndrain = \"5 lightyears\"").starts_with("v.toml:2:9: "));
    assert!(wrong("listen = [\"localhost\"]").starts_with("v.toml:1:11: `localhost` is no address"));
    assert!(wrong("[timestamps]\nmode = \"yes\"").starts_with("v.toml:2:8: `yes` is no mode"));
    assert!(wrong("[timestamps]\nmode = \"model\"").contains("needs a model"));
    let upstream = "[[upstream]]\nkind = \"via\"\nendpoints = [\"http://a:1\"]\n";
    assert!(wrong(&format!("{upstream}pool.idle = \"6s\"")).starts_with("v.toml:4:13: VIA closes"));
    assert!(
        wrong(&format!("{upstream}[upstream.deadlines.sumarize]\ntotal=\"1s\"")).contains("did you mean `summarize`?")
    );
    let pace = |pace: &str| wrong(&format!("{upstream}[upstream.deadlines.upload]\nupload_rate = '{pace}'"));
    assert!(pace("10KiB/s").contains("v.toml:5:15: ") && pace("10KiB/s").contains("such as \"600KiB per 60s\""));
    let gone = |line: &str| wrong(&format!("{upstream}[upstream.on_client_gone]\n{line}"));
    assert!(gone("sumarize = 'close'").contains("did you mean `summarize`?"));
    assert!(gone("chat = 'finsh'").ends_with("did you mean `finish`?"));
    assert!(gone("generate = 'close'").contains("is no class of requests to via"));
    assert!(wrong(&format!("{upstream}[[route]]\npath='/x'\nupstream='vis'")).contains("did you mean `via`?"));
    assert!(wrong("[[upstream]]\nkind = \"via\"\nendpoints = [\"a:1\"]").contains("write http://a:1"));
    assert!(wrong("[[upstream]]\nkind = \"via\"").contains("missing key `endpoints`"));
    assert!(wrong("[timestamps]\nupstream = \"olama\"").ends_with("did you mean `ollama`?"));
    assert!(wrong("[timestamps]\ndialect = \"x\"").contains("is no dialect"));
    assert!(wrong("workers = 0").ends_with("at least 1"));
    assert!(wrong("workers = 1000000").ends_with("v.toml:1:11: at most 1024"));
}

#[test]
fn a_head_has_its_limits() {
    let heads = |text: &str| parse(&format!("[downstream]\n{text}")).map(|config| config.downstream);
    let default = heads("").unwrap();
    assert_eq!((default.max_head, default.max_fields), (131_072, 200));
    let least = heads("max_head = '1KiB'\nmax_fields = 1").unwrap();
    assert_eq!((least.max_head, least.max_fields), (1024, 1));
    assert_eq!(heads("max_head = '1MiB'").unwrap().max_head, 1 << 20);
    for head in ["none", "1023B", "1025KiB", "5TiB"] {
        let wrong = heads(&format!("max_head = '{head}'")).unwrap_err();
        assert_eq!(wrong, "v.toml:2:12: a head is held whole: at least \"1KiB\", at most \"1MiB\"");
    }
    assert!(
        heads("max_head = 5").unwrap_err().starts_with("v.toml:2:12: invalid type: integer `5`, expected a number")
    );
    for fields in ["0", "201"] {
        let wrong = heads(&format!("max_fields = {fields}")).unwrap_err();
        assert_eq!(wrong, "v.toml:2:14: at least 1, at most 200");
    }
    assert!(heads("max_field = 5").unwrap_err().ends_with("did you mean `max_fields`?"));
}

#[test]
fn several_vias_are_refused_with_the_reason() {
    let flags = Overrides { via: vec!["http://a:1".into(), "http://b:1".into()], ..Overrides::default() };
    assert!(Config::load(None, flags).unwrap_err().to_string().contains("more than one VIA endpoint"));
}

#[test]
fn an_upstream_must_not_be_our_own_listener() {
    let flags = Overrides { to: vec!["http://localhost:8080".into()], ..Overrides::default() };
    assert!(Config::load(None, flags).unwrap_err().to_string().contains("own listener"));
}

#[test]
fn a_whole_file_is_understood() {
    let config = parse(
        "listen = ['0.0.0.0:80']\nadmin = 'off'\nhost = ['*']\ntrusted_proxy = ['10.0.0.0/8', '::1']\nv1 = 'via'\n\
         [downstream]\nidle = '5s'\nmax_head = '16KiB'\n[timestamps]\nmode = 'off'\n\
         [[upstream]]\nkind = 'via'\nendpoints = ['http://a:8100/v1']\n[upstream.deadlines.summarize]\nfirst_byte = 'none'\n\
         upload_rate = '1MiB per 5s'\n\
         [upstream.on_client_gone]\nchat = 'finish'\n\
         [[upstream]]\nname = 'media'\nkind = 'http'\nendpoints = ['http://m:1', 'http://n:1']\npool = { max_idle = 7 }\n\
         [[route]]\npath = '/media'\nupstream = 'media'\nstrip = true\n",
    )
    .unwrap();
    assert_eq!(config.admin, None);
    assert!(config.hosts.any && config.v1_to_via);
    assert_eq!(config.trusted.len(), 2);
    assert_eq!((config.downstream.idle, config.downstream.max_head), (Duration::from_secs(5), 16 * 1024));
    assert_eq!(config.upstreams[0].deadlines[0].1.first_byte, None);
    assert_eq!(config.upstreams[0].deadlines[0].1.silence, Some(Duration::from_secs(30)));
    let pace = crate::body::Pace { bytes: 1 << 20, per: Duration::from_secs(5) };
    assert_eq!(config.upstreams[0].deadlines[0].1.upload_rate, Some(pace));
    assert_eq!(config.upstreams[0].on_client_gone, [(Class::Chat, OnClientGone::Finish)]);
    assert_eq!(config.upstreams[1].pool.max_idle, 7);
    assert!(config.mappings[0].strip);
}
