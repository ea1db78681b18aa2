//! A model's stand-in that reads time ranges out of a text: simple on purpose, and its own. Times come out as written.

/// A range as written; a point has its time twice.
pub(crate) type Range = (String, String);

/// More ranges than this are not listed.
const RANGES: usize = 64;

/// Texts that join two times to a range.
const JOINERS: [&str; 17] = [
    "-",
    "–",
    "—",
    "~",
    "〜",
    "～",
    "->",
    "→",
    "to",
    "until",
    "and",
    "부터",
    "에서",
    "> <",
    "] [",
    ":",
    "and leaves at",
];

#[derive(Debug)]
struct Found<'a> {
    start: usize,
    end: usize,
    text: &'a str,
    // Surely a time, even alone.
    sure: bool,
}

/// The ranges in `text`, in its order.
pub(crate) fn ranges(text: &str) -> Vec<Range> {
    let times = times(text);
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < times.len() && ranges.len() < RANGES {
        let first = &times[at];
        let second = times.get(at + 1).filter(|second| joined(text, first, second));
        match second {
            Some(second) => {
                ranges.push((first.text.to_owned(), second.text.to_owned()));
                at += 1;
            }
            None if first.sure => ranges.push((first.text.to_owned(), first.text.to_owned())),
            None => {}
        }
        at += 1;
    }
    ranges
}

/// The ranges as the JSON that the schema asks for.
pub(crate) fn as_json(ranges: &[Range]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let items = ranges.iter().map(|(start, end)| format!(r#"{{"start":{},"end":{}}}"#, quoted(start), quoted(end)));
    format!(r#"{{"ranges":[{}]}}"#, items.collect::<Vec<_>>().join(","))
}

/// The ranges as the app asks for them.
pub(crate) fn as_text(ranges: &[Range]) -> String {
    ranges.iter().map(|(start, end)| format!("{start}-{end}")).collect::<Vec<_>>().join(", ")
}

fn times(text: &str) -> Vec<Found<'_>> {
    let bytes = text.as_bytes();
    let mut times = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let inside = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'.');
        if !bytes[at].is_ascii_digit() || inside {
            at += 1;
            continue;
        }
        let found = time(text, at);
        at = found.end.max(at + 1);
        times.push(found);
    }
    times
}

/// The longest thing at `start` that looks like a time.
fn time(text: &str, start: usize) -> Found<'_> {
    let rest = &text[start..];
    let found = |length: usize, sure| Found { start, end: start + length, text: rest[..length].trim_end(), sure };
    if let Some(length) = rfc3339(rest) {
        return found(length, true);
    }
    let number = run(rest, |c| c.is_ascii_digit() || c == '.');
    let number = rest[..number].trim_end_matches('.').len();
    // m:ss, h:mm:ss, with a fraction.
    let clock = run(rest, |c| c.is_ascii_digit() || ":.,".contains(c));
    let clock = rest[..clock].trim_end_matches([':', '.', ',']);
    let parts: Vec<&str> = clock.split(':').collect();
    let two = |part: &&str| part.split(['.', ',']).next().is_some_and(|whole| whole.len() == 2);
    if (2..=3).contains(&parts.len()) && !parts[0].contains(['.', ',']) && parts[1..].iter().all(two) {
        // A comma may only begin the fraction, not a list.
        let length = clock.find(',').filter(|at| clock[at + 1..].len() != 3).unwrap_or(clock.len());
        return found(length, true);
    }
    let mut length = number;
    let mut units = false;
    while let Some(unit) = unit(&rest[length..]) {
        units = true;
        length += unit;
        let space = run(&rest[length..], |c| c == ' ');
        let digits = run(&rest[length + space..], |c| c.is_ascii_digit() || c == '.');
        if digits == 0 || unit_at(&rest[length + space + digits..]) == 0 {
            break;
        }
        length += space + digits;
    }
    let framed = text[..start].ends_with(['<', '[']);
    let dotted = rest[..number].matches('.').count();
    found(length, units || framed || dotted == 2)
}

/// The length of a unit of time, with the blank before it.
fn unit(rest: &str) -> Option<usize> {
    let space = run(rest, |c| c == ' ');
    let length = unit_at(&rest[space..]);
    (space < 2 && length > 0).then_some(space + length)
}

fn unit_at(rest: &str) -> usize {
    const UNITS: [&str; 14] =
        ["seconds", "second", "secs", "sec", "minutes", "minute", "mins", "min", "시간", "분", "초", "s", "m", "h"];
    let unit = UNITS.iter().find(|unit| {
        let behind = rest.get(unit.len()..).and_then(|behind| behind.chars().next());
        rest.starts_with(**unit) && !(unit.is_ascii() && behind.is_some_and(|c| c.is_ascii_alphabetic()))
    });
    unit.map_or(0, |unit| unit.len())
}

fn rfc3339(rest: &str) -> Option<usize> {
    let shape = b"0000-00-00T00:00:00";
    let bytes = rest.as_bytes().get(..shape.len())?;
    if !bytes.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s }) {
        return None;
    }
    let length = shape.len() + run(&rest[shape.len()..], |c| c.is_ascii_digit() || c == '.');
    Some(length + usize::from(rest[length..].starts_with('Z')))
}

fn run(text: &str, accepts: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !accepts(c)).unwrap_or(text.len())
}

fn joined(text: &str, first: &Found<'_>, second: &Found<'_>) -> bool {
    let between = text[first.end..second.start].trim();
    JOINERS.contains(&between)
        && (first.sure || second.sure || first.text.contains('.') || between.contains(['-', '~']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        as_text(&ranges(text))
    }

    #[test]
    fn reads_the_usual_forms() {
        assert_eq!(read("<12.30> <15.0> A courier"), "12.30-15.0");
        assert_eq!(read("From 1:05 to 1:18 the child runs; 2-1 was the score of 3 games."), "1:05-1:18, 2-1");
        assert_eq!(read("- 00.01.10:00.02.05: a worker"), "00.01.10-00.02.05");
        assert_eq!(read("10.5:20.0: a cyclist"), "10.5-20.0");
        assert_eq!(read("1분 5초 ~ 1분 18초 사이에"), "1분 5초-1분 18초");
        assert_eq!(read("10.5초부터 20.3초까지"), "10.5초-20.3초");
        assert_eq!(read("Between 2m10s and 2m35s"), "2m10s-2m35s");
        assert_eq!(read("At 00:01:10, 4 workers"), "00:01:10-00:01:10");
        assert_eq!(
            read("<2026-03-04T09:15:20.000Z> <2026-03-04T09:15:31.400Z> A lorry"),
            "2026-03-04T09:15:20.000Z-2026-03-04T09:15:31.400Z"
        );
        assert_eq!(read("No relevant information found"), "");
        assert_eq!(as_json(&ranges("at 1:05")), r#"{"ranges":[{"start":"1:05","end":"1:05"}]}"#);
    }
}
