use super::*;
use crate::pool::Address;
use crate::upstream::Location;

fn router(kinds: &[Kind], mappings: Vec<Mapping>) -> Router {
    let metrics = Metrics::new();
    let members = kinds.iter().map(|kind| {
        let location = Location { address: Address::new("127.0.0.1", 1).unwrap(), base: String::new(), tls: None };
        let upstream = Upstream::new(kind.word(), *kind, vec![location], &kind.pool(), &metrics);
        Member { upstream, deadlines: Vec::new(), on_client_gone: Vec::new(), max_body: Vec::new() }
    });
    Router::new(members.collect(), mappings, false, &metrics)
}

fn to(router: &Router, path: &str) -> String {
    match router.route(&Method::GET, path) {
        Ok(matched) => format!("{} {}", matched.route.upstream.name(), matched.prefix),
        Err(e) => e.kind().token().to_owned(),
    }
}

#[test]
fn each_api_gets_its_own_paths() {
    let both = router(&[Kind::Via, Kind::Ollama], Vec::new());
    for path in ["/files", "/files/", "/files/x/content", "/summarize", "/chat/completions", "/models", "/health/live"]
    {
        assert_eq!(to(&both, path), "via ", "{path}");
    }
    for path in ["/", "/api/chat", "/api/blobs/x", "/v1/chat/completions", "/v1"] {
        assert_eq!(to(&both, path), "ollama ", "{path}");
    }
    assert_eq!(to(&both, "/via/files"), "via /via");
    assert_eq!(to(&both, "/ollama/api/tags"), "ollama /ollama");
    for path in ["/x", "/filesx", "/apix", "/viax"] {
        assert_eq!(to(&both, path), "no-route", "{path}");
    }
}

#[test]
fn without_an_ollama_via_gets_v1() {
    assert_eq!(to(&router(&[Kind::Via], Vec::new()), "/v1/models"), "via ");
}

#[test]
fn a_plain_upstream_takes_the_rest_or_everything() {
    let all = router(&[Kind::Via, Kind::Ollama, Kind::Http], Vec::new());
    assert_eq!(to(&all, "/x"), "http ");
    assert_eq!(to(&all, "/files"), "via ");
    let alone = router(&[Kind::Http], Vec::new());
    for path in ["/", "/files", "/api/chat", "/via/x", "/a/../b", "/%2e%2e/b", "//x"] {
        assert_eq!(to(&alone, path), "http ", "{path}");
    }
}

#[test]
fn refuses_a_path_that_reads_as_another_route() {
    let all = router(&[Kind::Via, Kind::Ollama, Kind::Http], Vec::new());
    for path in
        ["/x/../api/pull", "/files/..%2f..%2fapi/pull", "/%61pi/pull", "//api/pull", "/api%2fpull", "/x\\..\\api"]
    {
        assert_eq!(to(&all, path), "bad-request", "{path}");
    }
    assert_eq!(to(&all, "/via/../../x"), "bad-request");
}

#[test]
fn classes_follow_method_and_path() {
    let class = |method: Method, path: &str| Class::of(Kind::Via, &method, path);
    assert_eq!(class(Method::POST, "/files"), Class::Upload);
    assert_eq!(class(Method::GET, "/files"), Class::Info);
    assert_eq!(class(Method::GET, "/files/x/content"), Class::Content);
    assert_eq!(class(Method::DELETE, "/files/x"), Class::Change);
    assert_eq!(class(Method::POST, "/v1/summarize"), Class::Summarize);
    assert_eq!(Class::of(Kind::Ollama, &Method::POST, "/v1/chat/completions"), Class::Generate);
    assert_eq!(Class::of(Kind::Ollama, &Method::GET, "/v1/models"), Class::Info);
    assert_eq!(Class::of(Kind::Ollama, &Method::POST, "/api/pull"), Class::Library);
}

#[test]
fn only_a_video_must_keep_a_pace() {
    let paced: Vec<_> = Class::ALL.into_iter().filter(|class| class.deadlines().upload_rate.is_some()).collect();
    assert_eq!(paced, [Class::Upload]);
}

#[test]
fn a_mapping_of_the_user_comes_first_and_the_longest_wins() {
    let map = |path: &str, upstream: &str, strip| Mapping { path: path.into(), upstream: upstream.into(), strip };
    let mappings = vec![map("/media", "http", false), map("/media/vss/", "via", true), map("/", "http", false)];
    let all = router(&[Kind::Via, Kind::Http], mappings);
    assert_eq!(to(&all, "/media/x"), "http ");
    assert_eq!(to(&all, "/media/vss/files"), "via /media/vss");
    assert_eq!(to(&all, "/files"), "http ");
}
