//! The sentence around a place in a text; at most its line, for a list item and a table row are sentences too.
//!
//! Two times belong together only within one of these, and it is what a client gets to see with `detail=sentence`.

use std::ops::Range;

/// How far a sentence is followed to either side.
const REACH: usize = 1000;

/// Words behind which a full stop ends no sentence.
const ABBREVIATIONS: [&str; 16] =
    ["approx", "ca", "c", "sec", "secs", "min", "mins", "hr", "hrs", "vs", "no", "e.g", "i.e", "etc", "fig", "cf"];

/// The bytes of the sentence around `span`, trimmed. A span over several sentences gives them all.
pub(super) fn around(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = floor(text, span.start);
    let end = floor(text, span.end).max(start);
    let from = floor(text, start.saturating_sub(REACH));
    let begin = from + begin(&text[from..start]);
    let to = floor(text, end.saturating_add(REACH));
    let finish = end + finish(&text[begin..to], end - begin);
    trim(text, begin..finish)
}

/// The bytes of the list item (or table row) around `span`; where its line is none, those of its sentence.
pub(super) fn item(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = floor(text, span.start);
    let end = floor(text, span.end).max(start);
    let from = floor(text, start.saturating_sub(REACH));
    let from = text[from..start].rfind(['\n', '\r']).map_or(from, |at| from + at + 1);
    let to = floor(text, end.saturating_add(REACH));
    let to = text[end..to].find(['\n', '\r']).map_or(to, |at| end + at);
    if is_item(&text[from..to]) { trim(text, from..to) } else { around(text, span) }
}

/// Whether a line begins like an item of a list or a row of a table.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let behind_number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let is_numbered = behind_number.len() < line.len() && behind_number.starts_with([')', '.']);
    let is_numbered = is_numbered && behind_number[1..].starts_with([' ', '\t']);
    is_numbered || line.starts_with('|') || ["- ", "* ", "• ", "+ ", "– "].iter().any(|bullet| line.starts_with(bullet))
}

/// The span without the white space at its ends.
pub(super) fn trim(text: &str, span: Range<usize>) -> Range<usize> {
    let said = &text[span.clone()];
    let start = span.start + (said.len() - said.trim_start().len());
    start..start + said.trim().len()
}

/// The nearest border between two characters at or below `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Where the last sentence of what stands before begins.
fn begin(before: &str) -> usize {
    let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let ends = before[line..].match_indices(is_stop).map(|(at, stop)| line + at + stop.len());
    ends.rev().find(|&at| ends_sentence(before, at)).unwrap_or(line)
}

/// How far behind `at` the sentence goes on.
fn finish(text: &str, at: usize) -> usize {
    let behind = &text[at..];
    let line = behind.find(['\n', '\r']).unwrap_or(behind.len());
    let mut ends = behind[..line].match_indices(is_stop).map(|(at, stop)| at + stop.len());
    ends.find(|&end| ends_sentence(text, at + end)).unwrap_or(line)
}

fn is_stop(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

/// Whether the stop that ends at `at` is the end of a sentence, and not of a number or a short form.
fn ends_sentence(text: &str, at: usize) -> bool {
    let (before, behind) = text.split_at(at);
    if before.ends_with(['。', '！', '？']) {
        return true;
    }
    let next = behind.trim_start_matches(['"', '\'', ')', ']', '*', '”', '’', '」']);
    if next.is_empty() {
        return true;
    }
    if !next.starts_with(char::is_whitespace) || next.trim_start().starts_with(char::is_lowercase) {
        return false;
    }
    let Some(before) = before.strip_suffix('.') else { return true };
    let word = before.rsplit(|letter: char| letter.is_whitespace() || letter == '(').next().unwrap_or_default();
    !(is_item_number(before, word) || ABBREVIATIONS.iter().any(|short| word.eq_ignore_ascii_case(short)))
}

/// Whether the word at the end of `before` numbers a list item: digits with at most bullets between them and the line's
/// start.
fn is_item_number(before: &str, word: &str) -> bool {
    let front = &before[..before.len() - word.len()];
    let line = front.rfind(['\n', '\r']).map_or(front, |at| &front[at + 1..]);
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && line.trim_matches([' ', '\t', '*', '-', '#']).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sentence around the first occurrence of `word`.
    fn around_word<'a>(text: &'a str, word: &str) -> &'a str {
        let at = text.find(word).unwrap();
        &text[around(text, &(at..at + word.len()))]
    }

    #[test]
    fn finds_the_sentence() {
        let text =
            "A forklift enters at 00:12 and leaves at 00:47. A worker is seen from 2:05 to 2:31! Why? Nobody knows";
        assert_eq!(around_word(text, "00:12"), "A forklift enters at 00:12 and leaves at 00:47.");
        assert_eq!(around_word(text, "2:05"), "A worker is seen from 2:05 to 2:31!");
        assert_eq!(around_word(text, "Nobody"), "Nobody knows");
    }

    #[test]
    fn a_line_is_the_most() {
        let text = "1. **42.000 - 57.500** - Two cars queue\n2. **181.250 - 190.000** - The barrier fails\r\n";
        assert_eq!(around_word(text, "57.500"), "1. **42.000 - 57.500** - Two cars queue");
        assert_eq!(around_word(text, "190"), "2. **181.250 - 190.000** - The barrier fails");
    }

    #[test]
    fn an_item_is_the_whole_line() {
        let item = |text: &str| {
            let at = text.find("0:10").unwrap();
            text[item(text, &(at..at + 4))].to_owned()
        };
        let text = "Events:\n1. A van comes at 0:10. It leaves at 0:40.\n2. Nothing.";
        assert_eq!(item(text), "1. A van comes at 0:10. It leaves at 0:40.");
        assert_eq!(item(" - 0:10. Yes. No. \r\n"), "- 0:10. Yes. No.");
        assert_eq!(item("| 0:10 | 0:20. A |"), "| 0:10 | 0:20. A |");
        assert_eq!(item("A van comes at 0:10. It leaves at 0:40."), "A van comes at 0:10.");
        assert_eq!(item("1.5 km at 0:10. Yes"), "1.5 km at 0:10.");
    }

    #[test]
    fn numbers_and_short_forms_end_nothing() {
        let text = "It waits approx. 12.5 sec. Later it leaves at 31.2 s, i.e. near the end. 9.5 is next.";
        assert_eq!(
            around_word(text, "12.5"),
            "It waits approx. 12.5 sec. Later it leaves at 31.2 s, i.e. near the end."
        );
        assert_eq!(around_word(text, "9.5"), "9.5 is next.");
    }

    #[test]
    fn brackets_begin_sentences() {
        let text = "<0.0> A van reverses. <9.5> The driver steps out. <21.75> The shutter closes.";
        assert_eq!(around_word(text, "<9.5>"), "<9.5> The driver steps out.");
    }

    #[test]
    fn korean_and_chinese() {
        let text = "1분 5초부터 이동합니다. 3:10에 넘어집니다.";
        assert_eq!(around_word(text, "3:10"), "3:10에 넘어집니다.");
        assert_eq!(around_word("他在5秒停下。然后在9秒离开。", "9秒"), "然后在9秒离开。");
    }

    #[test]
    fn a_span_over_two_sentences_gives_both() {
        let text = "One. Two at 1:00. Three at 2:00. Four.";
        let span = text.find("1:00").unwrap()..text.find("2:00").unwrap();
        assert_eq!(&text[around(text, &span)], "Two at 1:00. Three at 2:00.");
    }

    #[test]
    fn no_span_is_too_odd() {
        let text = "가나다. 라 ";
        for start in 0..text.len() + 3 {
            for end in 0..text.len() + 3 {
                let _ = &text[around(text, &(start..end))];
            }
        }
        let long = "가".repeat(2000);
        assert!(around(&long, &(3000..3001)).len() <= 2 * REACH + 2);
    }
}
