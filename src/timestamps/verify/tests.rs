use proptest::collection::vec;
use proptest::prelude::*;

use super::super::read;
use super::super::time::Wall;
use super::*;

const A: &str = "A forklift enters at 00:12 and leaves at 00:47. A worker without a helmet is seen from 2:05 to 2:31.";

fn media(start: f64, end: f64) -> Pair {
    Pair { start: Time::Media(start), end: Time::Media(end) }
}

fn complete(pairs: &[(f64, f64)]) -> Reply {
    let pairs = pairs.iter().map(|&(start, end)| media(start, end)).collect();
    Reply { pairs, completeness: Completeness::Complete }
}

fn check(reply: &Reply, text: &str) -> Option<Vec<(f64, f64, bool)>> {
    let entries = verify(reply, text, &read::read(text), &read::mentions(text))?;
    let seconds = |time: &Time| time.seconds().unwrap();
    Some(entries.iter().map(|entry| (seconds(&entry.start), seconds(&entry.end), entry.verified)).collect())
}

fn verified(text: &str, pair: (f64, f64)) -> bool {
    let reading = Reading::default();
    verify(&complete(&[pair]), text, &reading, &read::mentions(text)).unwrap()[0].verified
}

#[test]
fn the_text_bears_out_its_own_ranges() {
    let reply = complete(&[(12.0, 47.0), (125.0, 151.0)]);
    assert_eq!(check(&reply, A).unwrap(), [(12.0, 47.0, true), (125.0, 151.0, true)]);
}

#[test]
fn crossed_pairs_are_not_borne_out() {
    let reply = complete(&[(12.0, 47.0), (12.0, 151.0), (47.0, 125.0)]);
    assert_eq!(check(&reply, A).unwrap(), [(12.0, 47.0, true), (12.0, 151.0, false), (47.0, 125.0, false)]);
    assert!(!verified(A, (12.0, 151.0)));
}

#[test]
fn two_ranges_in_one_sentence_are_not_crossed_either() {
    let text = "Scene one runs 0:10 - 0:20 and scene two 0:40 - 0:50";
    let reading = found(text, &[("0:10 - 0:20", 10.0, 20.0), ("0:40 - 0:50", 40.0, 50.0)]);
    let reply = complete(&[(10.0, 20.0), (10.0, 50.0), (40.0, 50.0)]);
    let entries = verify(&reply, text, &reading, &read::mentions(text)).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.verified).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn arithmetic_and_invention_are_marked() {
    let reply = complete(&[(12.0, 47.0), (205.0, 231.0), (0.0, 10.0)]);
    assert_eq!(check(&reply, A).unwrap(), [(12.0, 47.0, true), (205.0, 231.0, false), (0.0, 10.0, false)]);
}

#[test]
fn a_list_of_inventions_does_not_replace_certain_ranges() {
    assert_eq!(check(&complete(&[(0.0, 10.0), (300.0, 599.0)]), A), None);
    let vague = "It falls shortly before the end.";
    assert_eq!(check(&complete(&[(90.0, 90.0)]), vague).unwrap(), [(90.0, 90.0, false)]);
}

#[test]
fn an_empty_list_is_believed_only_where_nothing_looks_like_a_time() {
    assert_eq!(check(&complete(&[]), A), None);
    assert_eq!(check(&complete(&[]), "A quiet warehouse, nothing happens."), Some(vec![]));
    let unreadable = Reply { pairs: vec![], completeness: Completeness::Unreadable };
    assert_eq!(check(&unreadable, "A quiet warehouse."), None);
}

/// What a parser found: the words, and the seconds they mean.
fn found(text: &str, ranges: &[(&str, f64, f64)]) -> Reading {
    let found = ranges.iter().map(|&(words, start, end)| {
        let at = text.find(words).unwrap();
        Found { start: Time::Media(start), end: Time::Media(end), span: at..at + words.len() }
    });
    Reading { found: found.collect(), doubt: None }
}

#[test]
fn an_incomplete_list_is_filled_up_with_what_is_certain() {
    let points = [("00:12", 12.0, 12.0), ("00:47", 47.0, 47.0), ("2:05", 125.0, 125.0), ("2:31", 151.0, 151.0)];
    let reading = found(A, &points);
    for (completeness, expected) in [
        (Completeness::Complete, vec![(125.0, 151.0)]),
        (Completeness::Cut, vec![(125.0, 151.0), (12.0, 12.0), (47.0, 47.0)]),
        (Completeness::Partial, vec![(125.0, 151.0), (12.0, 12.0), (47.0, 47.0)]),
    ] {
        let reply = Reply { completeness, ..complete(&[(125.0, 151.0)]) };
        let entries = verify(&reply, A, &reading, &read::mentions(A)).unwrap();
        let pairs = entries.iter().map(|entry| (entry.start.seconds().unwrap(), entry.end.seconds().unwrap()));
        assert_eq!(pairs.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn times_become_those_of_the_text() {
    let text = "It runs from 0:04.266666 to 0:09.5 and stops at 0:12 sharp.";
    let entries = verify(&complete(&[(4.27, 9.46)]), text, &Reading::default(), &read::mentions(text)).unwrap();
    assert_eq!((&entries[0].start, &entries[0].end), (&Time::Media(4.266_666), &Time::Media(9.5)));
    assert_eq!(&text[entries[0].span.clone().unwrap()], "0:04.266666 to 0:09.5");
    assert!(verified(text, (12.4, 12.4)));
    assert!(!verified(text, (12.6, 12.6)));
    assert!(!verified(text, (9.6, 9.6)));
}

#[test]
fn an_item_holds_its_times_together() {
    assert!(verified("- A van comes at 0:10. It leaves at 0:40.\n- Nothing.", (10.0, 40.0)));
    assert!(!verified("A van comes at 0:10. It leaves at 0:40.", (10.0, 40.0)));
    assert!(!verified("- A van comes at 0:10\n- It leaves at 0:40", (10.0, 40.0)));
}

#[test]
fn any_of_several_places_will_do() {
    assert!(verified("At 0:10 a bell. At 0:40 a bell. From 0:10 on, until 0:40 it rings.", (10.0, 40.0)));
}

#[test]
fn the_clocks_do_not_mix() {
    let text = "2026-03-04T09:15:20.000Z to 2026-03-04T09:16:20.000Z: traffic flows.";
    let mentions = read::mentions(text);
    let wall = |mention: &Mention| mention.time.clone();
    assert_eq!(mentions.len(), 2);
    let pair = Pair { start: wall(&mentions[0]), end: wall(&mentions[1]) };
    let reply = Reply { pairs: vec![pair, media(20.0, 21.0)], completeness: Completeness::Complete };
    let entries = verify(&reply, text, &Reading::default(), &mentions).unwrap();
    assert_eq!((entries[0].verified, entries[1].verified), (true, false));
    let Time::Wall(Wall { text, .. }) = &entries[0].start else { panic!("{entries:?}") };
    assert_eq!(&**text, "2026-03-04T09:15:20.000Z");
}

#[test]
fn huge_times_do_no_harm() {
    assert!(!verified(A, (1e300, 1e300)));
    assert!(!verified(A, (f64::MAX, 12.0)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is verified has a place in the text, and the text's own times.
    #[test]
    fn any_pairs(text in "([0-9]{1,2}:[0-5][0-9]|[a-c. \n-]){0,30}", pairs in vec((0.0..400.0, 0.0..400.0), 0..5)) {
        let mentions = read::mentions(&text);
        let reply = complete(&pairs);
        for entry in verify(&reply, &text, &read::read(&text), &mentions).unwrap_or_default() {
            prop_assert_eq!(entry.verified, entry.span.is_some());
            if let Some(span) = entry.span {
                prop_assert!(text.get(span).is_some());
                let times: Vec<_> = mentions.iter().map(|mention| &mention.time).collect();
                prop_assert!(times.contains(&&entry.start) && times.contains(&&entry.end));
            }
        }
    }
}
