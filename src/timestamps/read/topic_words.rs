//! The words that name what the clocks of a list are, in order of the alphabet.

use super::topics::Topic;

/// Where a word has to stand to tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the label of the list, or its heading.
    Label,
    /// Beside the clock; or with a number in between.
    Beside(bool),
}

/// Where a word tells something of the clocks: in a label, beside them, or beside them with a number in between.
const LABEL: u8 = 1;
const NOUN: u8 = 2;
const NUMBERED: u8 = 4;

#[rustfmt::skip]
static WORDS: &[(&str, Topic, u8)] = &[
    ("acts", Topic::Pair, NOUN), ("agenda", Topic::Hours, LABEL), ("alarm", Topic::Hours, NOUN),
    ("album", Topic::Length, LABEL | NOUN), ("albums", Topic::Length, LABEL), ("appointments", Topic::Hours, LABEL),
    ("arrival", Topic::Hours, NOUN), ("arrivals", Topic::Day, LABEL), ("article", Topic::Pair, NOUN),
    ("backstroke", Topic::Length, LABEL | NOUN), ("badge", Topic::Pair, NOUN), ("badminton", Topic::Score, LABEL),
    ("bake", Topic::Length, NOUN), ("ballot", Topic::Score, LABEL | NOUN), ("bible", Topic::Pair, LABEL),
    ("break", Topic::Length, NOUN), ("breaststroke", Topic::Length, LABEL | NOUN), ("cassette", Topic::Length, LABEL),
    ("cd", Topic::Length, LABEL), ("chess", Topic::Length, LABEL), ("chronicles", Topic::Pair, NOUN),
    ("cinema", Topic::Hours, LABEL), ("collection", Topic::Hours, NOUN), ("concerts", Topic::Hours, LABEL),
    ("cook", Topic::Length, NOUN), ("coordinates", Topic::Pair, LABEL | NOUN), ("cor", Topic::Pair, NOUN),
    ("curfew", Topic::Hours, NOUN), ("declination", Topic::Pair, NOUN), ("departures", Topic::Day, LABEL | NOUN),
    ("deut", Topic::Pair, NOUN), ("docket", Topic::Hours, LABEL), ("ep", Topic::Length, LABEL),
    ("eph", Topic::Pair, NOUN), ("episode", Topic::Length, NUMBERED), ("episodes", Topic::Length, LABEL),
    ("exod", Topic::Pair, NOUN), ("expires", Topic::Hours, NOUN), ("ezek", Topic::Pair, NOUN),
    ("ferries", Topic::Day, LABEL), ("ferry", Topic::Hours, LABEL), ("freestyle", Topic::Length, LABEL | NOUN),
    ("fridge", Topic::Hours, LABEL), ("gal", Topic::Pair, NOUN), ("gear", Topic::Pair, LABEL | NOUN),
    ("guide", Topic::Hours, LABEL), ("handball", Topic::Score, LABEL), ("heb", Topic::Pair, NOUN),
    ("hymn", Topic::Pair, NOUN), ("hymns", Topic::Pair, LABEL | NOUN), ("isa", Topic::Pair, NOUN),
    ("issued", Topic::Hours, NOUN), ("jer", Topic::Pair, NOUN), ("jingle", Topic::Length, NOUN),
    ("ko", Topic::Hours, NOUN), ("koran", Topic::Pair, NOUN), ("lap", Topic::Length, NOUN | NUMBERED),
    ("laps", Topic::Length, LABEL | NOUN), ("laptop", Topic::Hours, LABEL), ("latitude", Topic::Pair, LABEL | NOUN),
    ("league", Topic::Score, LABEL), ("lessons", Topic::Hours, LABEL), ("listings", Topic::Hours, LABEL),
    ("lk", Topic::Pair, NOUN), ("longitude", Topic::Pair, LABEL | NOUN), ("lp", Topic::Length, LABEL),
    ("marathon", Topic::Length, LABEL), ("masses", Topic::Hours, LABEL), ("matinee", Topic::Hours, LABEL),
    ("matt", Topic::Pair, NOUN), ("mixtape", Topic::Length, LABEL), ("moonrise", Topic::Day, LABEL | NOUN),
    ("moonset", Topic::Day, LABEL | NOUN), ("mt", Topic::Pair, NOUN), ("odds", Topic::Pair, LABEL | NOUN),
    ("overtime", Topic::Length, NOUN), ("parking", Topic::Hours, LABEL | NOUN), ("phil", Topic::Pair, NOUN),
    ("phone", Topic::Hours, LABEL), ("pin", Topic::Pair, NOUN), ("planner", Topic::Hours, LABEL),
    ("platform", Topic::Hours, LABEL), ("playlist", Topic::Length, LABEL), ("playlists", Topic::Length, LABEL),
    ("podcast", Topic::Length, NOUN), ("podcasts", Topic::Length, LABEL), ("poll", Topic::Score, LABEL | NOUN),
    ("prayer", Topic::Day, LABEL), ("prayers", Topic::Day, LABEL), ("premiere", Topic::Hours, NOUN),
    ("program", Topic::Hours, LABEL), ("programme", Topic::Hours, LABEL), ("prov", Topic::Pair, NOUN),
    ("psalms", Topic::Pair, LABEL), ("quarters", Topic::Pair, LABEL), ("quran", Topic::Pair, NOUN),
    ("ra", Topic::Pair, NOUN), ("ratio", Topic::Ratio, LABEL | NOUN), ("ratios", Topic::Ratio, LABEL | NOUN),
    ("repeat", Topic::Hours, NOUN), ("rest", Topic::Length, NOUN), ("ringtone", Topic::Length, NOUN),
    ("rom", Topic::Pair, NOUN), ("roster", Topic::Hours, LABEL), ("rota", Topic::Hours, LABEL),
    ("runtimes", Topic::Length, LABEL | NOUN), ("sailings", Topic::Day, LABEL | NOUN), ("schedule", Topic::Day, LABEL),
    ("schedules", Topic::Day, LABEL), ("screenings", Topic::Day, LABEL | NOUN), ("scripture", Topic::Pair, LABEL),
    ("sector", Topic::Length, NOUN | NUMBERED), ("sectors", Topic::Length, LABEL), ("setlist", Topic::Length, LABEL),
    ("sets", Topic::Score, LABEL | NOUN), ("shifts", Topic::Hours, LABEL), ("showings", Topic::Day, LABEL | NOUN),
    ("showtimes", Topic::Day, LABEL | NOUN), ("shuttle", Topic::Hours, LABEL), ("shuttles", Topic::Hours, LABEL),
    ("sleeve", Topic::Length, LABEL), ("smartphone", Topic::Hours, LABEL), ("song", Topic::Length, NUMBERED),
    ("songs", Topic::Length, LABEL), ("soundtrack", Topic::Length, LABEL), ("splits", Topic::Length, LABEL | NOUN),
    ("squash", Topic::Score, LABEL), ("squats", Topic::Length, NOUN), ("sunrise", Topic::Day, LABEL | NOUN),
    ("sunset", Topic::Day, LABEL | NOUN), ("sura", Topic::Pair, LABEL | NOUN | NUMBERED),
    ("surah", Topic::Pair, LABEL | NOUN | NUMBERED), ("tennis", Topic::Score, LABEL), ("thess", Topic::Pair, NOUN),
    ("thumbnails", Topic::Length, LABEL | NOUN), ("tide", Topic::Day, LABEL | NOUN),
    ("tides", Topic::Day, LABEL | NOUN), ("timetable", Topic::Day, LABEL | NOUN), ("timetables", Topic::Day, LABEL),
    ("todo", Topic::Hours, LABEL), ("track", Topic::Length, LABEL | NUMBERED), ("tracklist", Topic::Length, LABEL),
    ("tracks", Topic::Length, LABEL), ("verses", Topic::Pair, LABEL | NOUN), ("vinyl", Topic::Length, LABEL),
    ("voicemail", Topic::Length, LABEL | NOUN | NUMBERED), ("voicemails", Topic::Length, LABEL | NOUN),
    ("volleyball", Topic::Score, LABEL), ("voting", Topic::Score, LABEL | NOUN), ("zone", Topic::Hours, NOUN),
];

/// Two words that only together tell it.
#[rustfmt::skip]
static PHRASES: &[(&str, Topic, u8)] = &[
    ("set list", Topic::Length, LABEL), ("track list", Topic::Length, LABEL), ("track listing", Topic::Length, LABEL),
    ("grid square", Topic::Pair, LABEL | NOUN), ("grid reference", Topic::Pair, LABEL | NOUN),
    ("map square", Topic::Pair, LABEL | NOUN), ("call history", Topic::Length, LABEL), ("call log", Topic::Length, LABEL), ("missed call", Topic::Length, NOUN),
    ("side a", Topic::Length, LABEL), ("side b", Topic::Length, LABEL), ("voice message", Topic::Length, LABEL | NOUN),
    ("voice messages", Topic::Length, LABEL | NOUN), ("voice note", Topic::Length, LABEL | NOUN),
    ("voice notes", Topic::Length, LABEL | NOUN), ("high water", Topic::Day, NOUN), ("low water", Topic::Day, NOUN),
];

/// The words that begin with a letter: where they are, and their lengths, a bit each.
#[derive(Clone, Copy)]
struct Letter {
    from: usize,
    to: usize,
    lengths: u32,
}

static LETTERS: [Letter; 26] = letters();

const fn letters() -> [Letter; 26] {
    let mut letters = [Letter { from: 0, to: 0, lengths: 0 }; 26];
    let mut at = 0;
    while at < WORDS.len() {
        let word = WORDS[at].0.as_bytes();
        let letter = (word[0] - b'a') as usize;
        if letters[letter].lengths == 0 {
            letters[letter].from = at;
        }
        assert!(at == 0 || letters[letter].from == at || letters[letter].to == at, "in order of the alphabet");
        letters[letter].to = at + 1;
        letters[letter].lengths |= 1 << word.len();
        at += 1;
    }
    letters
}

/// The letters that phrases end with, a bit each.
static ENDS: u32 = ends();

const fn ends() -> u32 {
    let (mut ends, mut at) = (0, 0);
    while at < PHRASES.len() {
        let phrase = PHRASES[at].0.as_bytes();
        ends |= 1 << (phrase[phrase.len() - 1] - b'a');
        at += 1;
    }
    ends
}

fn of_word(word: &str, places: u8) -> Option<Topic> {
    let first = (word.as_bytes().first()? | 0x20).wrapping_sub(b'a');
    let letter = LETTERS.get(usize::from(first))?;
    if word.len() > 12 || letter.lengths >> word.len() & 1 == 0 {
        return None;
    }
    let words = WORDS[letter.from..letter.to].iter();
    words
        .filter(|(_, _, at)| at & places != 0)
        .find(|(known, ..)| word.eq_ignore_ascii_case(known))
        .map(|found| found.1)
}

fn of_end(text: &str, places: u8) -> Option<Topic> {
    let (text, count) = (text.as_bytes(), text.len());
    let last = (text.last()? | 0x20).wrapping_sub(b'a');
    if last >= 26 || ENDS >> last & 1 == 0 {
        return None;
    }
    PHRASES
        .iter()
        .find(|(known, _, at)| {
            at & places != 0
                && count >= known.len()
                && text[count - known.len()..].eq_ignore_ascii_case(known.as_bytes())
                && (count == known.len() || text[count - known.len() - 1] == b' ')
        })
        .map(|(_, topic, _)| *topic)
}

fn places(place: Place) -> u8 {
    match place {
        Place::Label => LABEL,
        Place::Beside(false) => NOUN,
        Place::Beside(true) => NUMBERED | NOUN,
    }
}

/// The topic that any word of a token names.
pub(super) fn any(text: &str, place: Place) -> Option<Topic> {
    let places = places(place);
    let ends = |(end, _): (usize, &str)| of_end(&text[..end], places);
    text.split(' ')
        .find_map(|word| of_word(word, places))
        .or_else(|| of_end(text, places))
        .or_else(|| text.match_indices(' ').skip(1).find_map(ends))
}

/// The topic that the last word of a token names, or its last two.
pub(super) fn last(text: &str, place: Place) -> Option<Topic> {
    let places = places(place);
    of_word(text.rsplit(' ').next().unwrap_or(text), places).or_else(|| of_end(text, places))
}
