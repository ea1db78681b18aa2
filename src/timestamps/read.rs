//! Reads which times an answer names, from its text alone.

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

use super::time::{Mention, Reading, Time};
use atoms::Shape;
use page::Page;
use verdict::{Judge, Verdict};

/// The ranges and points that a text names, and whether these are all and only.
pub fn read(text: &str) -> Reading {
    let page = Page::new(text);
    let mut judge = Judge::new(&page);
    judge.judge();
    let worded = worded::doubt(&judge);
    let doubt = judge.doubts.drain(..).chain(worded).min_by_key(|doubt| doubt.span.start);
    let mut found = judge.found;
    found.sort_by_key(|found| found.span.start);
    Reading { found, doubt }
}

/// The moment that a text is, as a whole: `12.5`, `1:05`, `00:00:02,000`, `1m30s`, `2분 10초`, `00.01.10`, RFC 3339.
pub fn time(text: &str) -> Option<Time> {
    let page = Page::new(text.trim());
    let [atom] = page.atoms.as_slice() else { return None };
    let whole = atom.first == 0 && atom.last + 2 == page.tokens.len();
    atom.time(page.text, &page.tokens).filter(|_| whole)
}

/// Every time that a text names in any reading of it: what [`read`] finds, and what it doubts.
pub fn mentions(text: &str) -> Vec<Mention> {
    let page = Page::new(text);
    let mut judge = Judge::new(&page);
    judge.judge();
    let mut mentions = Vec::new();
    for (group, verdict) in judge.groups.iter().zip(&judge.verdicts) {
        if *verdict == Verdict::Not {
            continue;
        }
        for atom in &page.atoms[group.from..=group.to] {
            let span = page.span(atom.first, atom.last);
            if let (Shape::Pair, Some((start, end))) = (atom.shape, atoms::pair(&text[span.clone()])) {
                mentions.extend([start, end].map(|time| Mention { time, span: span.clone() }));
            } else if let Some(time) = atom.time(text, &page.tokens) {
                mentions.push(Mention { time, span });
            }
        }
    }
    mentions
}
