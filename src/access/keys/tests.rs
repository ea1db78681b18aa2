use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::upstream::Kind as Api;

const PLACE: Place<'_> = Place { kind: Api::Via, class: 0, path: "/files" };

fn key(name: &str, secret: &str) -> Key {
    Key { name: name.into(), digest: Digest::of(secret.as_bytes()), scopes: None, rate: None }
}

fn ring() -> Keyring {
    let scoped = Key { scopes: Some(vec![Scope::To(Api::Ollama, None)]), ..key("scoped", "s-secret") };
    let rate = Rate { interval: Duration::from_secs(60), burst: NonZeroU32::MIN };
    let slow = Key { rate: Some(rate), ..key("slow", "r-secret") };
    Keyring::new(vec![key("app", "a-secret"), key("other", "b-secret"), scoped, slow]).unwrap()
}

fn head(fields: &[(&'static str, &str)]) -> Fields {
    let mut headers = Fields::new();
    for (name, value) in fields {
        headers.append(&HeaderName::from_static(name), value);
    }
    headers
}

/// The name that was found, or the token of the refusal.
fn admit(ring: &Keyring, fields: &[(&'static str, &str)]) -> Result<String, &'static str> {
    let (mut headers, mut who) = (head(fields), None);
    let admitted = ring.admit(&mut headers, &PLACE, &mut who);
    let stays = headers.contains(&header::AUTHORIZATION) || headers.contains(&X_API_KEY);
    assert!(!stays, "a key stays in the head");
    admitted.map(|()| who.unwrap().to_string()).map_err(|e| e.kind().token())
}

#[test]
fn a_key_comes_as_bearer_or_as_x_api_key() {
    let ring = ring();
    for fields in [
        [("authorization", "Bearer a-secret")],
        [("authorization", "bearer a-secret")],
        [("authorization", "BEARER   a-secret ")],
        [("x-api-key", "a-secret")],
        [("x-api-key", " a-secret ")],
    ] {
        assert_eq!(admit(&ring, &fields), Ok("app".into()), "{fields:?}");
    }
    assert_eq!(admit(&ring, &[("x-api-key", "b-secret")]), Ok("other".into()));
}

#[test]
fn what_is_no_key_is_refused() {
    let ring = ring();
    let long = "x".repeat(2000);
    for fields in [
        &[][..],
        &[("authorization", "Bearer c-secret")],
        &[("authorization", "Bearer A-SECRET")],
        &[("authorization", "Bearer a-secret a-secret")],
        &[("authorization", "Bearer a-secret,")],
        &[("authorization", "Bearer")],
        &[("authorization", "Bearer ")],
        &[("authorization", "Bearera-secret")],
        &[("authorization", "a-secret")],
        &[("authorization", "Basic a-secret")],
        &[("authorization", "Token a-secret")],
        &[("x-api-key", "")],
        &[("x-api-key", "Bearer a-secret")],
        &[("x-api-key", &long)],
        &[("proxy-authorization", "Bearer a-secret")],
        &[("api-key", "a-secret")],
        &[("cookie", "key=a-secret")],
    ] {
        assert_eq!(admit(&ring, fields), Err("unauthorized"), "{fields:?}");
    }
}

#[test]
fn a_second_line_or_a_second_key_has_two_readings() {
    let ring = ring();
    let twice = [("authorization", "Bearer a-secret"), ("authorization", "Bearer a-secret")];
    assert_eq!(admit(&ring, &twice), Err("bad-request"));
    assert_eq!(admit(&ring, &[("x-api-key", "a-secret"), ("x-api-key", "x")]), Err("bad-request"));
    assert_eq!(admit(&ring, &[("x-api-key", "a-secret"), ("authorization", "Bearer b-secret")]), Err("bad-request"));
    // Clients of the Anthropic kind fill both.
    assert_eq!(admit(&ring, &[("x-api-key", "dummy"), ("authorization", "Bearer b-secret")]), Ok("other".into()));
    assert_eq!(admit(&ring, &[("x-api-key", "a-secret"), ("authorization", "Bearer a-secret")]), Ok("app".into()));
}

#[test]
fn a_scope_and_a_rate_hold_and_the_log_learns_whose() {
    let ring = ring();
    let mut who = None;
    let refused = ring.admit(&mut head(&[("x-api-key", "s-secret")]), &PLACE, &mut who).unwrap_err();
    assert_eq!((refused.kind(), who.as_deref()), (Kind::OutOfScope, Some("scoped")));
    let ollama = Place { kind: Api::Ollama, class: 0, path: "/api/tags" };
    assert!(ring.admit(&mut head(&[("x-api-key", "s-secret")]), &ollama, &mut None).is_ok());
    assert!(ring.admit(&mut head(&[("x-api-key", "r-secret")]), &PLACE, &mut None).is_ok());
    let refused = ring.admit(&mut head(&[("x-api-key", "r-secret")]), &PLACE, &mut None).unwrap_err();
    assert!(matches!(refused.kind(), Kind::RateLimited(59..=60)), "{refused:?}");
}

#[test]
fn a_digest_is_64_hexadecimal_digits() {
    let digest = Digest::of(b"abc");
    let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.hex(), hex);
    assert_eq!(Digest::parse(hex), Some(digest));
    assert_eq!(Digest::parse(&hex.to_uppercase()), Some(digest));
    for wrong in
        ["", "ba78", &format!("+{}", &hex[1..]), &format!("{}g", &hex[1..]), &format!("{hex}00"), &"한".repeat(21)]
    {
        assert_eq!(Digest::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn nothing_shows_a_key_or_its_hash() {
    let ring = ring();
    let mut headers = head(&[("authorization", "Bearer wrong-secret")]);
    let error = ring.admit(&mut headers, &PLACE, &mut None).unwrap_err();
    let shown = format!("{ring:?} {:?} {error} {error:?} {headers:?}", key("app", "a-secret"));
    assert!(!shown.contains("secret"), "{shown}");
    let hex = Digest::of(b"a-secret").hex();
    assert!(!shown.contains(&hex[..8]), "{shown}");
}
