use std::path::Path;

use super::*;
use crate::proxy::Class;

/// The page of a file under these flags, and what it means.
fn page(text: &str, overrides: &Overrides) -> (String, Config) {
    let config = Config::parse(Path::new("v.toml"), text, overrides.clone()).unwrap();
    (Config::print_text(Path::new("v.toml"), text, overrides).unwrap(), config)
}

/// All that a configuration says, whether it was written or is a default.
fn meaning(mut config: Config) -> String {
    for upstream in &mut config.upstreams {
        let classes = || Class::ALL.into_iter().filter(|class| class.is_of(upstream.kind));
        let own = |class| upstream.deadlines.iter().find(|(of, _)| *of == class).map(|(_, own)| *own);
        let deadlines = classes().map(|class| (class, own(class).unwrap_or_else(|| class.deadlines()))).collect();
        let own = |class| upstream.on_client_gone.iter().find(|(of, _)| *of == class).map(|(_, own)| *own);
        let gone = classes().map(|class| (class, own(class).unwrap_or_else(|| class.on_client_gone()))).collect();
        (upstream.deadlines, upstream.on_client_gone) = (deadlines, gone);
    }
    let tls = config.tls.take().map(|tls| (tls.acceptor.settings().clone(), tls.listen));
    format!("{config:#?}\n{tls:#?}")
}

/// A page given back means the same, and gives the same page, but for whose words they are.
fn is_the_same_again(text: &str, overrides: &Overrides) -> String {
    let (printed, config) = page(text, overrides);
    let (again, config_again) = page(&printed, &Overrides::default());
    assert_eq!(meaning(config), meaning(config_again), "{printed}");
    let values = |page: &str| -> Vec<String> {
        page.lines().filter_map(|line| line.rsplit_once("  # ").map(|(value, _)| value.to_owned())).collect()
    };
    assert_eq!(values(&printed), values(&again));
    printed
}

const HASH: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

#[test]
fn the_defaults_are_written_out() {
    let page = is_the_same_again("", &Overrides::default());
    for line in [
        "listen = [\"127.0.0.1:8080\"]  # default",
        "admin = \"127.0.0.1:8081\"  # default",
        "drain = \"30s\"  # default",
        "max_head = \"128KiB\"  # default",
        "\n\n# [tls]: none  # default",
        "\n\n# [[keys]]: none: everybody may ask  # default",
        "# mode: text  # default",
        "upstream = \"ollama\"  # default",
        "endpoints = [\"http://127.0.0.1:8100\"]  # default",
        "idle = \"4s\"  # default",
        "[upstream.deadlines.upload]\nupload = \"1m\"  # default\nupload_rate = \"600KiB per 1m\"  # default",
        "summarize = \"finish\"  # default",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains("# file"), "{page}");
}

#[test]
fn every_kind_of_value_comes_back() {
    is_the_same_again(include_str!("../../../deploy/viaduct.toml"), &Overrides::default());
    let page = is_the_same_again(
        &format!(
            "listen = ['[::1]:80', '0.0.0.0:81']\nadmin = 'off'\nhost = ['*', 'a.example']\nworkers = 3\n\
             trusted_proxy = ['10.0.0.0/8', '::1']\nproxy_protocol = ['192.168.0.1']\ndrain = '1h 30m 5s 7ms'\n\
             drain_delay = 'none'\nv1 = 'via'\nallow = ['via.filename']\n\
             [downstream]\nidle = 'none'\nmax_head = '5000B'\nmax_fields = 7\nhttp2 = false\n\
             [limits]\nmax_body = '3GB'\nmax_connections = 5\n\
             [cors]\norigins = ['https://A.example']\nmethods = []\nheaders = ['x-a', 'x-b']\ncredentials = true\n\
             max_age = '1500ms'\n\
             [[keys]]\nname = 'one'\nsha256 = '{HASH}'\nscopes = ['via', 'ollama.info', '/me\"dia']\n\
             rate = {{ requests = 7, per = '1m' }}\n\
             [[keys]]\nname = 'two'\nsha256 = '{}'\nrate = {{ requests = 7, per = '2m', burst = 2 }}\n\
             [timestamps]\nmode = 'AUTO'\nmodel = 'a \"quoted\" # model'\nupstream = 'gpu'\ndialect = 'openai'\n\
             [[upstream]]\nkind = 'via'\nendpoints = ['http://a/v1/']\npool.max_idle = 0\nmax_body.upload = 'none'\n\
             [upstream.deadlines.chat]\ntotal = '2s'\nupload_rate = '1B per 1ms'\n\
             [upstream.on_client_gone]\nsummarize = 'close'\n\
             [[upstream]]\nname = 'gpu'\nkind = 'ollama'\nendpoints = ['http://[::1]:1', 'http://b:2']\n\
             pool = {{ idle = 'none', http = 'hyper', connect = '1us' }}\n\
             [[route]]\npath = '/x'\nupstream = 'gpu'\nstrip = true\n",
            "a".repeat(64)
        ),
        &Overrides::default(),
    );
    for line in [
        "admin = \"off\"  # file",
        "drain_delay = \"0s\"  # default",
        "idle = \"1h\"  # file",
        "max_head = \"5000B\"  # file",
        "methods = []  # file",
        "max_age = \"1s\"  # file",
        "mode = \"auto\"  # file",
        "burst = 7  # default",
        "max_idle = 0  # file",
        "upload = \"none\"  # file",
        "upload_rate = \"1B per 1ms\"  # file",
        "first_byte = \"5m\"  # default",
        "http = \"hyper\"  # file",
        "strip = true  # file",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    is_the_same_again("[cors]\norigins = ['*']\nmethods = ['*']\n", &Overrides::default());
    is_the_same_again("allow = []\n[cors]\norigins = ['http://a']\ncredentials = true\n", &Overrides::default());
}

#[test]
fn flags_and_variables_are_named() {
    let flags = Overrides {
        listen: vec!["127.0.0.1:1".parse().unwrap()],
        admin: Some("off".into()),
        via: vec!["http://c:3/base".into()],
        to: vec!["http://d:4".into(), "http://e:5".into()],
        trusted_proxy: vec!["10.0.0.0/8".parse().unwrap()],
        allow: vec!["none".into()],
        model: Some("m".into()),
        drain: Some(Duration::from_millis(1500)),
        environment: vec!["admin".into(), "to".into(), "trusted_proxy".into()],
        ..Overrides::default()
    };
    let text = "admin = '127.0.0.1:2'\ndrain = '1s'\n[[upstream]]\nkind='via'\nendpoints=['http://a:1']\n\
                [[upstream]]\nkind='ollama'\nendpoints=['http://b:2']\npool.idle = '5s'";
    let page = is_the_same_again(text, &flags);
    for line in [
        "listen = [\"127.0.0.1:1\"]  # flag: --listen",
        "admin = \"off\"  # environment: VIADUCT_ADMIN",
        "trusted_proxy = [\"10.0.0.0/8\"]  # environment: VIADUCT_TRUSTED_PROXY",
        "drain = \"1s 500ms\"  # flag: --drain",
        "allow = []  # flag: --allow",
        "model = \"m\"  # flag: --model",
        "endpoints = [\"http://c:3/base\"]  # flag: --via",
        "endpoints = [\"http://d:4\", \"http://e:5\"]  # environment: VIADUCT_TO",
        "endpoints = [\"http://b:2\"]  # file",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains("http://a:1"), "{page}");
}

#[test]
fn a_key_is_masked_and_lets_nobody_in() {
    let text = format!("[[keys]]\nname = 'one'\nsha256 = '{HASH}'\n");
    let page = is_the_same_again(&text, &Overrides::default());
    assert!(!page.contains(HASH) && page.contains(&format!("sha256 = \"{:0>64}\"  # file, masked", 1)), "{page}");
    let keys = |text: &str| Config::parse(Path::new("v.toml"), text, Overrides::default()).unwrap().access.keys;
    assert_eq!((keys(&page).len(), keys(&page)[0].digest == keys(&text)[0].digest), (1, false));
}
