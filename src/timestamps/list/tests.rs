use super::super::time::Wall;
use super::*;

fn entry(start: f64, end: f64) -> Entry {
    Entry { start: Time::Media(start), end: Time::Media(end), span: None, verified: true }
}

fn wall(second: i128) -> Time {
    Time::Wall(Wall { nanos: second * 1_000_000_000, text: format!("2026-03-04T09:15:{second:02}Z").into() })
}

fn finished(ranges: &[(f64, f64)], rules: &Rules) -> (Vec<(f64, f64)>, usize) {
    let list = List::new(ranges.iter().map(|&(start, end)| entry(start, end)), rules);
    let pairs = list.entries().iter().map(|entry| (entry.start.seconds().unwrap(), entry.end.seconds().unwrap()));
    (pairs.collect(), list.dropped())
}

fn media(end: f64) -> Rules {
    Rules { end: Some(end), ..Rules::default() }
}

#[test]
fn sorts_and_drops_what_is_there_twice() {
    let (list, dropped) = finished(&[(5.0, 9.0), (1.0, 4.0), (1.0, 2.0), (5.0, 9.0)], &Rules::default());
    assert_eq!(list, [(1.0, 2.0), (1.0, 4.0), (5.0, 9.0)]);
    assert_eq!(dropped, 0);
}

#[test]
fn drops_reversed_ranges() {
    assert_eq!(finished(&[(30.0, 20.0), (1.0, 1.0)], &Rules::default()), (vec![(1.0, 1.0)], 1));
    assert_eq!(finished(&[(f64::NAN, 1.0), (1.0, f64::INFINITY), (-1.0, 2.0)], &Rules::default()), (vec![], 3));
}

#[test]
fn keeps_to_the_media() {
    let ranges = [(110.0, 140.0), (120.0, 130.0), (130.0, 140.0), (125.0, 118.0), (120.0, 120.0), (10.0, 120.0)];
    assert_eq!(finished(&ranges, &media(120.0)), (vec![(10.0, 120.0), (110.0, 120.0)], 4));
}

#[test]
fn a_reversed_range_is_not_clamped_into_a_point() {
    assert_eq!(finished(&[(118.0, 110.0)], &media(115.0)), (vec![], 1));
    assert_eq!(finished(&[(112.0, 110.0)], &media(115.0)), (vec![], 1));
}

#[test]
fn merges_what_is_closer_than_the_gap() {
    let rules = Rules { merge_gap: Some(5.0), ..Rules::default() };
    assert_eq!(finished(&[(10.0, 20.0), (24.9, 30.0)], &rules).0, [(10.0, 30.0)]);
    assert_eq!(finished(&[(10.0, 20.0), (25.0, 30.0)], &rules).0, [(10.0, 20.0), (25.0, 30.0)]);
    assert_eq!(finished(&[(10.0, 20.0), (12.0, 15.0), (23.0, 23.0)], &rules).0, [(10.0, 23.0)]);
    assert_eq!(finished(&[(10.0, 20.0), (12.0, 15.0)], &Rules::default()).0.len(), 2);
}

#[test]
fn a_merged_range_is_as_sure_as_its_least_sure_part() {
    let mut doubtful = entry(3.0, 4.0);
    doubtful.verified = false;
    let mut first = entry(1.0, 2.0);
    first.span = Some(4..9);
    let rules = Rules { merge_gap: Some(5.0), ..Rules::default() };
    let list = List::new([doubtful.clone(), first], &rules);
    assert_eq!((list.entries()[0].verified, list.entries()[0].span.clone()), (false, Some(4..9)));
    let list = List::new([doubtful, entry(3.0, 4.0)], &Rules::default());
    assert!(list.entries()[0].verified && list.entries().len() == 1);
}

#[test]
fn one_list_has_one_clock() {
    let live = Entry { start: wall(1), end: wall(9), span: None, verified: true };
    let rules = Rules { clock: Some(Clock::Wall), end: Some(1.0), merge_gap: Some(1.0) };
    let list = List::new([entry(1.0, 2.0), live.clone()], &rules);
    assert_eq!((list.clock(), list.entries(), list.dropped()), (Clock::Wall, &[live.clone()][..], 1));
    let list = List::new([entry(0.0, 0.5)], &rules);
    assert_eq!((list.clock(), list.entries().len()), (Clock::Media, 1));
    let list = List::new([live], &Rules::default());
    assert_eq!(list.clock(), Clock::Wall);
    assert_eq!(List::new(Vec::<Entry>::new(), &rules).clock(), Clock::Wall);
}

#[test]
fn mixed_pairs_and_reversed_wall_times_are_dropped() {
    let mixed = Entry { start: wall(1), end: Time::Media(2.0), span: None, verified: true };
    let reversed = Entry { start: wall(9), end: wall(1), span: None, verified: true };
    let list = List::new([mixed, reversed], &Rules::default());
    assert_eq!((list.entries().len(), list.dropped()), (0, 2));
}

#[test]
fn a_list_has_an_end() {
    let many = (0..20_000_u32).map(|second| entry(f64::from(second), f64::from(second)));
    let list = List::new(many, &Rules::default());
    assert_eq!((list.entries().len(), list.dropped()), (10_000, 10_000));
}
