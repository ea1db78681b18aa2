//! Keys of two or more words, as programs write them: `begin_sec`, `event_start_time`, `clip_end`.
//!
//! The vocabulary has those that are common; the others are told from their parts, all of which have to be known.

use super::token::{Kind, Word};

/// What a key says, if each part of it is a word for an end, for time, for its unit or for what has the time.
pub(super) fn key(word: &[u8]) -> Option<&'static Kind> {
    let (mut said, mut scaled) = (None, false);
    let mut parts = 0;
    for part in word.split(|byte| *byte == b'_').filter(|part| !part.is_empty()) {
        parts += 1;
        let says = |words: &[&str]| words.iter().any(|word| part.eq_ignore_ascii_case(word.as_bytes()));
        let own = if says(&["start", "starts", "begin", "begins", "onset"]) {
            Some(Word::Start)
        } else if says(&["end", "ends", "finish", "stop"]) {
            Some(Word::End)
        } else if says(&["duration", "length", "elapsed"]) {
            Some(Word::Length)
        } else if says(&["time", "timestamp", "timecode", "ts", "pts", "offset"]) {
            Some(Word::Stamp)
        } else {
            scaled |= says(&["ms", "msec", "millis", "min", "mins", "minute", "minutes"]);
            let unit = says(&["s", "sec", "secs", "second", "seconds", "at", "t"]);
            let owner = says(&["clip", "event", "segment", "seg", "scene", "shot", "video", "action", "highlight"])
                || part.iter().all(u8::is_ascii_digit);
            if !(unit || owner || scaled) {
                return None;
            }
            None
        };
        said = match (said, own) {
            // `start_end`
            (Some(Word::Start), Some(Word::End)) | (Some(Word::End), Some(Word::Start)) => return None,
            (Some(Word::Length), _) | (_, Some(Word::Length)) => Some(Word::Length),
            (Some(Word::Stamp) | None, Some(own)) => Some(own),
            (said, _) => said,
        };
    }
    let said = said.filter(|_| parts > 1)?;
    Some(match said {
        Word::Length => &const { Kind::Word(Word::Length) },
        _ if scaled => &const { Kind::Word(Word::Millis) },
        Word::Start => &const { Kind::Word(Word::Start) },
        Word::End => &const { Kind::Word(Word::End) },
        _ => &const { Kind::Word(Word::Stamp) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_key_from_its_parts() {
        assert_eq!(key(b"begin_sec"), Some(&Kind::Word(Word::Start)));
        assert_eq!(key(b"event_1_end_time"), Some(&Kind::Word(Word::End)));
        assert_eq!(key(b"event_time_sec"), Some(&Kind::Word(Word::Stamp)));
        assert_eq!(key(b"event_duration"), Some(&Kind::Word(Word::Length)));
        assert_eq!(key(b"begin_msec"), Some(&Kind::Word(Word::Millis)));
    }

    #[test]
    fn knows_no_key_with_a_part_that_it_does_not_know() {
        for key in ["start_frame", "end_page", "wait_time", "start_end", "clip_2", "time", "end_"] {
            assert_eq!(super::key(key.as_bytes()), None, "{key}");
        }
    }
}
