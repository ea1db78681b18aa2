//! Reads which times an answer names, from its text alone: no model, no regular expressions, linear time.
//!
//! The road of a text: `lexer` cuts it into tokens (words: `latin` and `asian`; numbers: `numerals`); `atoms` puts numbers
//! and their units together; `groups` joins two atoms to a range where something between them says so; `labels` and
//! `table` pair starts with ends that stand apart; then `verdict` asks the family of each group (`clocks`, `timed`, `bare`,
//! `via`) what it is: a time, none, or in doubt; single ones of `timed` and `bare` go to `alone` (and on to `cues`) and `lone`.
//! What a language that is not read leaves to signs, and what of it is seen, is told in `notation`, `foreign` and `foreign_heads`.
//! What speaks against a time has files of its own (`daytime`, `shown`, `results`, `scores`, `lengths`, `metres`, `minutes`,
//! `cut_off`, `identifiers`, `boards`, `plurals`, `quantities`, `numbering`, `named`, `measures`, `reference`, `sums`); what a list, its label or its heading says of
//! its clocks is in `topics` and `topic_words`, what the head of a table does in `heads`. `worded` adds the doubts that words raise. Nothing that only could be a
//! time is ever returned.
//!
//! # What is read
//!
//! | form | example | read as |
//! | --- | --- | --- |
//! | clock: minutes and seconds, with hours, with a fraction behind `.` or `,` | `at 01:05`, `1:02:03.5`, `00:00:02,000` | 65, 3723.5, 2 |
//! | unit, alone or compound (`1m:30s`, `12 s 500 ms`); after a word that places it, or `after` in the first sentence, in brackets, or at the start of a line | `at 12.5s`, `1m30s in`, `(45 sec)`, `2분 10초에`, `1分30秒に`, `Bei Sekunde 12` | 12.5, 90, 45, 130, 90, 12 |
//! | mark | `at the 90-second mark`, `the 45th second` | 90, 45 |
//! | range by a sign | `0:12 - 0:47`, `0:12–0:47`, `0:12 ~ 0:47`, `0:12 --> 0:47`, `0:12..0:47` | 12 to 47 |
//! | range by words | `from 0:12 to 0:47`, `0:12 until 0:47`, `between 10 and 20 seconds`, `10초부터 … 20초까지`, `10秒から20秒まで`, `10秒到20秒` | as written |
//! | a number whose partner has the unit | `12.4 - 18 seconds`, `10s-20`, `at 10, 20 and 30 seconds` | 12.4 to 18, 10 to 20, three points |
//! | bare numbers that fill a line, an item, or stand before its caption | `10.5-20.3, 64-71.2`, `**21.0 – 35.7**: a fire` | ranges |
//! | brackets | `<12.30> <15.0> text`, `[10.5 - 31.2]`, `<9.5>`, `[0:05]` | range, range, point, point |
//! | VIA's bullets | `- 00.01.10:00.02.05: …`, `- 0.0:8.4,31.2:36.0: …` | 70 to 125, two ranges |
//! | labels, JSON, YAML, XML | `start: 14.2, end: 19.8`, `"start_time": 3.5`, `시작: 0:12, 종료: 0:47`, `starts at 0:12 and ends at 0:47` | ranges |
//! | columns of a table, of CSV, of a page or lined up | `Entry` and `Exit` of clocks, `Start`, `End`, `Time`, `Timestamp`, 시작, 종료, 开始, 終了; a `Duration` column is no time | ranges, points |
//! | the opening | `the first 10 seconds`, `처음 10초 동안`, `前10秒` | 0 to 10 |
//! | RFC 3339, points and pairs | `2026-03-04T09:15:20.000Z` | as written |
//!
//! # What is no time
//!
//! Counts and quantities (`2-3 workers`, `1,250 people`, `Confidence 0.82-0.91`, `has grown from 60 to 75`), scores and
//! ratios (`2-1`, `won 21:15`, `16:9`, `the ratio of bleach to water is 1:10`), dates and times of day
//! (`2025-01-15 10:22`, `9:00 AM`, `오전 9시`), addresses, versions, identifiers and file names (`192.168.0.10:8100`, `B12`,
//! `cam1_0012-0047.mp4`), measures, money and coordinates (`40-50 km/h`, `$5-10`, `45-50%`), numbers of lists, cameras and
//! chunks, ages (`in his 30s`), and a length or a frequency of time: `lasts 60 seconds`, `for 2:30`, `5-second clip`, `every
//! 2 minutes`, `20 seconds later`, `30초 동안`, `10秒間`, `0:12-0:47 (35 s)`.
//!
//! # When it is not sure
//!
//! * [`Reason::WordedTime`]: `about a minute and a half in`, `the two-minute mark`, `처음 오 초 동안`, 三十秒.
//! * [`Reason::AmbiguousNumber`]: `1m30s-45s`, `14h30`, a lone `5分`, `it leaves at 311`, `from 10 to 20`, `10-20-30`, `the clock shows 10:10`, `wins in
//!   2:05:30`, `Departures: 14:02 Leeds, 14:09 York`, `Voicemail (0:42)`, `Lap 9 1:31.2`, `Hb 13.8 (12.0-15.5)`, `T+95`, `lunch from 12:00 to 14:00 (notice)`, `at 0:45 (14:32:05 camera time)`, `at 1:15 (30 s)`, `after 12 minutes`, `in the 67th
//!   minute`, `the last 10 seconds`, `10초 후`, a lone `42`, bullets `10:20:`, `20:30:` that could be clocks or start and end.
//! * [`Reason::UnknownLanguage`]: time words of a language that is not read (`12 saniyede`, `I den tionde sekunden`), one
//!   word that is not known between two clocks, or a script that is not read, unless signs decide all its numbers (ranges of
//!   clocks, brackets, keys, columns). Abbreviations and ordinals of such a language (`2 dk`, `8,4 с`, `15e seconde`) are seen
//!   beside a number.

#![expect(
    clippy::match_same_arms,
    reason = "an arm is a rule; merged by what they decide, rules could not be told apart"
)]

mod alone;
mod appointments;
mod asian;
mod asian_bare;
mod asian_numerals;
mod asian_words;
mod atoms;
mod bare;
mod behind;
mod boards;
mod characters;
mod clocks;
mod commas;
mod compounds;
mod cues;
mod cut_off;
mod daytime;
mod elapsed;
mod foreign;
mod foreign_heads;
mod frequencies;
mod groups;
mod heads;
mod identifiers;
mod labels;
mod latin;
mod lengths;
mod letters;
mod lexer;
mod lexicon;
mod lone;
mod measures;
mod metres;
mod minutes;
mod named;
mod notation;
mod numbering;
mod numerals;
mod page;
mod parallel;
mod plurals;
mod quantities;
mod reference;
mod results;
mod scores;
mod shown;
mod signs;
mod spare;
mod sums;
mod table;
mod timed;
mod token;
mod topic_words;
mod topics;
mod values;
mod verdict;
mod via;
mod vocabulary;
mod wall;
mod worded;
mod words;

#[cfg(test)]
mod tests;

use super::time::{Doubt, Mention, Reading, Reason, Time};
use atoms::Shape;
use page::Page;
use spare::Spare;
use verdict::Judge;

/// The ranges and points that a text names, and whether these are all and only.
pub fn read(text: &str) -> Reading {
    if text.len() > token::LONGEST_TEXT {
        let doubt = Doubt { reason: Reason::AmbiguousNumber, span: 0..text.len() };
        return Reading { found: Vec::new(), doubt: Some(doubt) };
    }
    let mut spare = Spare::take();
    let page = Page::new(text, &mut spare);
    let mut judge = Judge::new(&page, &mut spare);
    judge.judge();
    let worded = worded::doubt(&judge);
    let doubt = judge.doubts.drain(..).chain(worded).min_by_key(|doubt| doubt.span.start);
    let mut found = judge.end(&mut spare);
    found.sort_by_key(|found| found.span.start);
    page.end(&mut spare);
    spare.keep();
    Reading { found, doubt }
}

/// More characters than a single time has.
const LONGEST_TIME: usize = 256;

/// The moment that a text is, as a whole: `12.5`, `1:05`, `00:00:02,000`, `1m30s`, `2분 10초`, `00.01.10`, RFC 3339.
pub fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    // `47 sec.`
    let text =
        text.strip_suffix('.').filter(|text| text.ends_with(|char: char| char.is_ascii_alphabetic())).unwrap_or(text);
    let page = Page::new(Some(text).filter(|text| text.len() <= LONGEST_TIME)?, &mut Spare::default());
    if let Some(seconds) = with_comma(page.text) {
        return Some(Time::Media(seconds));
    }
    let [atom] = page.atoms.as_slice() else { return None };
    let whole = atom.first == 0 && atom.last + 2 == page.tokens.len();
    let padded = page.text.split('.').skip(1).all(|part| part.len() == 2);
    let version = matches!(atom.shape, Shape::Dotted(_)) && !padded;
    let thousands = matches!(atom.shape, Shape::Bare(_)) && page.text.contains(',');
    atom.time(page.text, &page.tokens).filter(|_| whole && !version && !thousands)
}

/// `12,5`: as a whole text this is no list.
fn with_comma(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let tens = [0.0, 10.0, 100.0].get(fraction.len()).filter(|_| digits(whole) && digits(fraction))?;
    Some(values::decimal(whole.as_bytes()) + values::decimal(fraction.as_bytes()) / tens)
}

/// Every time that a text names in any reading of it: what [`read`] finds, and what it doubts.
pub fn mentions(text: &str) -> Vec<Mention> {
    if text.len() > token::LONGEST_TEXT {
        return Vec::new();
    }
    let mut spare = Spare::default();
    let page = Page::new(text, &mut spare);
    let mut judge = Judge::new(&page, &mut spare);
    judge.aside = Some(Vec::new());
    judge.judge();
    let mut mentions = Vec::new();
    for index in 0..judge.groups.len() {
        judge.mention(index, &mut mentions);
    }
    mentions.extend(judge.aside.take().into_iter().flatten());
    mentions.extend(worded::mentions(&page));
    mentions.sort_by_key(|mention| mention.span.start);
    mentions
}
