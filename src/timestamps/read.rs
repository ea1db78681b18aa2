//! Reads which times an answer names, from its text alone.

#![expect(
    clippy::match_same_arms,
    reason = "an arm is a rule; merged by what they decide, rules could not be told apart"
)]

mod asian;
mod atoms;
mod bare;
mod clocks;
mod groups;
mod labels;
mod lexer;
mod numerals;
mod page;
mod table;
mod timed;
mod token;
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
use verdict::Judge;

/// The ranges and points that a text names, and whether these are all and only.
pub fn read(text: &str) -> Reading {
    if text.len() > token::LONGEST_TEXT {
        let doubt = Doubt { reason: Reason::AmbiguousNumber, span: 0..text.len() };
        return Reading { found: Vec::new(), doubt: Some(doubt) };
    }
    let page = Page::new(text);
    let mut judge = Judge::new(&page);
    judge.judge();
    let worded = worded::doubt(&judge);
    let doubt = judge.doubts.drain(..).chain(worded).min_by_key(|doubt| doubt.span.start);
    let mut found = judge.found;
    found.sort_by_key(|found| found.span.start);
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
    let page = Page::new(Some(text).filter(|text| text.len() <= LONGEST_TIME)?);
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
    Some(numerals::decimal(whole.as_bytes()) + numerals::decimal(fraction.as_bytes()) / tens)
}

/// Every time that a text names in any reading of it: what [`read`] finds, and what it doubts.
pub fn mentions(text: &str) -> Vec<Mention> {
    if text.len() > token::LONGEST_TEXT {
        return Vec::new();
    }
    let page = Page::new(text);
    let mut judge = Judge::new(&page);
    judge.judge();
    let mut mentions = Vec::new();
    for index in 0..judge.groups.len() {
        judge.mention(index, &mut mentions);
    }
    mentions.append(&mut judge.aside);
    mentions.extend(worded::mentions(&page));
    mentions.sort_by_key(|mention| mention.span.start);
    mentions
}
