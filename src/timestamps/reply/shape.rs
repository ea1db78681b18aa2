//! Finds the ranges in a JSON value of whatever shape: objects with a start and an end, pairs, texts `a - b`, and lists
//! of these, wrapped as one likes.

use super::lenient::Value;
use super::{Completeness, MOST_RANGES, Pair, Reply, normal};
use crate::timestamps::read;
use crate::timestamps::time::Time;

/// Seconds beyond this are no time of any media.
const LATEST: f64 = 4e9;

/// How keys that mean a start, an end or a single time begin, in lower case without punctuation.
const STARTS: [&str; 8] = ["start", "begin", "from", "시작", "開始", "开始", "시점", "부터"];
const ENDS: [&str; 11] = ["end", "finish", "stop", "to", "until", "끝", "종료", "終了", "结束", "結束", "까지"];
const TIMES: [&str; 8] = ["time", "timestamp", "range", "at", "시간", "구간", "時間", "时间"];

/// Ranges on their way into a reply.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    pairs: Vec<Pair>,
    /// A list was there, be it empty.
    is_list: bool,
    /// Something in it was no range.
    is_partial: bool,
    is_cut: bool,
}

// === impl Ranges ===

impl Ranges {
    /// Adds the ranges of a whole value.
    pub(super) fn add(&mut self, value: &Value) {
        match value {
            Value::Text(text) => self.add_text(text),
            Value::List { items, open } => {
                self.is_cut |= open;
                self.add_items(items, *open);
            }
            Value::Object { members, open } => {
                self.is_cut |= open;
                if has_time(members) {
                    self.add_item(value);
                } else {
                    self.add_wrapped(members);
                }
            }
        }
    }

    pub(super) fn into_reply(self) -> Reply {
        let completeness = match self.pairs.len() {
            _ if self.is_cut => Completeness::Cut,
            0 if self.is_partial || !self.is_list => Completeness::Unreadable,
            MOST_RANGES.. => Completeness::Cut,
            _ if self.is_partial => Completeness::Partial,
            _ => Completeness::Complete,
        };
        if completeness == Completeness::Cut && self.pairs.is_empty() {
            return Reply::unreadable();
        }
        Reply::new(self.pairs, completeness)
    }

    /// What is not itself a range may hold them: in its lists, else in its objects, else in its words.
    fn add_wrapped(&mut self, members: &[(String, Value)]) {
        let rank = |value: &Value| match value {
            Value::List { .. } => 2,
            Value::Object { .. } => 1,
            Value::Text(_) => 0,
        };
        let best = members.iter().map(|(_, value)| rank(value)).max();
        for (_, value) in members.iter().filter(|(_, value)| Some(rank(value)) == best) {
            match value {
                Value::Text(text) if text.parse::<f64>().is_ok() => self.is_partial = true,
                _ => self.add(value),
            }
        }
    }

    /// The items of a list; scalars alone are its pairs, one after the other.
    fn add_items(&mut self, items: &[Value], open: bool) {
        self.is_list = true;
        let scalars: Option<Vec<Time>> = items.iter().map(scalar).collect();
        match scalars {
            Some(times) if times.len() == 1 && !open => self.add_pair(times.first(), times.first()),
            Some(times) if times.len() > 1 => {
                let mut pairs = times.chunks_exact(2);
                for pair in &mut pairs {
                    self.add_pair(pair.first(), pair.last());
                }
                self.is_partial |= !pairs.remainder().is_empty();
            }
            _ => items.iter().for_each(|item| self.add_item(item)),
        }
    }

    fn add_item(&mut self, item: &Value) {
        match item {
            // An item that is cut may lack what changes its meaning.
            Value::Object { open: true, members } if has_time(members) => self.is_cut = true,
            Value::List { open: true, items } if items.iter().all(|item| matches!(item, Value::Text(_))) => {
                self.is_cut = true;
            }
            Value::Text(text) => self.add_text(text),
            Value::Object { members, .. } if has_time(members) => self.add_members(members),
            Value::List { .. } | Value::Object { .. } => self.add(item),
        }
    }

    /// An object with a start and an end, or with one of them, or with a time (or range) on its own.
    fn add_members(&mut self, members: &[(String, Value)]) {
        self.is_list = true;
        let find = |names: &[&str]| members.iter().find(|(key, _)| means(key, names)).map(|(_, value)| value);
        match (find(&STARTS), find(&ENDS), find(&TIMES)) {
            (Some(start), Some(end), _) => self.add_pair(scalar(start).as_ref(), scalar(end).as_ref()),
            (Some(start), None, _) => self.add_pair(scalar(start).as_ref(), scalar(start).as_ref()),
            (None, None, Some(time)) => self.add_item(time),
            _ => self.is_partial = true,
        }
    }

    /// A text that is a time, or says a range, or several.
    fn add_text(&mut self, text: &str) {
        if let Some(time) = time(text) {
            self.is_list = true;
            return self.add_pair(Some(&time), Some(&time));
        }
        let reading = read::read(&normal(text));
        self.is_list |= !reading.found.is_empty();
        self.is_partial |= reading.found.is_empty() || !reading.is_sure();
        self.pairs.extend(reading.found.into_iter().map(|found| Pair { start: found.start, end: found.end }));
    }

    fn add_pair(&mut self, start: Option<&Time>, end: Option<&Time>) {
        match (start, end) {
            (Some(start), Some(end)) => self.pairs.push(Pair { start: start.clone(), end: end.clone() }),
            _ => self.is_partial = true,
        }
    }
}

/// Whether an object is a range, rather than something with ranges in it.
fn has_time(members: &[(String, Value)]) -> bool {
    let has_list = members.iter().any(|(_, value)| matches!(value, Value::List { .. }));
    !has_list
        && members.iter().any(|(key, value)| {
            means(key, &STARTS) || means(key, &ENDS) || means(key, &TIMES) && matches!(value, Value::Text(_))
        })
}

/// Whether a key is one of these words, alone or with `time` and the like behind it.
fn means(key: &str, words: &[&str]) -> bool {
    let key: String = key.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    words.iter().any(|word| {
        key.strip_prefix(word).is_some_and(|rest| {
            [
                "",
                "s",
                "sec",
                "seconds",
                "time",
                "timestamp",
                "timecode",
                "offset",
                "at",
                "시간",
                "시각",
                "시점",
                "時間",
                "时间",
            ]
            .contains(&rest)
        })
    })
}

fn scalar(value: &Value) -> Option<Time> {
    match value {
        Value::Text(text) => time(text),
        Value::List { .. } | Value::Object { .. } => None,
    }
}

/// One time: as the grammar knows it, or a number of seconds.
fn time(text: &str) -> Option<Time> {
    let text = normal(text);
    let text = text.trim().trim_matches(['<', '>', '[', ']', '(', ')', '"', '\'', '`']).trim();
    if text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && let Ok(seconds) = text.parse::<f64>()
    {
        return (seconds <= LATEST).then_some(Time::Media(seconds));
    }
    read::time(text)
}
