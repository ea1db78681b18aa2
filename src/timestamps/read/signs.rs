//! What a sign is, of ASCII or not.

use super::token::{Kind, Mark};

/// The sign that a text begins with, which is one of ASCII, and its bytes.
pub(super) fn of_ascii(rest: &[u8]) -> (Mark, usize) {
    match rest[0] {
        b'-' => {
            let dashes = rest.iter().take_while(|byte| **byte == b'-').count();
            if rest.get(dashes) == Some(&b'>') { (Mark::Arrow, dashes + 1) } else { (Mark::Dash, dashes) }
        }
        b'=' if rest.starts_with(b"=>") => (Mark::Arrow, 2),
        b'+' if rest.starts_with(b"+/-") => (Mark::Tolerance, 3),
        b'&' => of_entity(rest),
        b'<' if matches!(rest, [_, b'/' | b'a'..=b'z', ..]) => match tag(rest) {
            0 => (Mark::Open(b'<'), 1),
            length => (Mark::Star, length),
        },
        b'.' => match rest {
            [b'.', b'.', b'.', ..] => (Mark::Dots, 3),
            [b'.', b'.', ..] => (Mark::Dots, 2),
            _ => (Mark::Stop, 1),
        },
        byte => (PLAIN[byte as usize].1, 1),
    }
}

/// `&ndash;`, as pages have it.
fn of_entity(rest: &[u8]) -> (Mark, usize) {
    const ENTITIES: [(&[u8], Mark); 7] = [
        (b"&ndash;", Mark::Dash),
        (b"&mdash;", Mark::Dash),
        (b"&minus;", Mark::Dash),
        (b"&rarr;", Mark::Arrow),
        (b"&lt;", Mark::Open(b'<')),
        (b"&gt;", Mark::Close(b'<')),
        (b"&quot;", Mark::Quote),
    ];
    let known = ENTITIES.iter().find(|(name, _)| rest.starts_with(name));
    known.map_or((Mark::Other, 1), |(name, mark)| (*mark, name.len()))
}

/// Bytes of the tag that a text begins with, if that only dresses what it is around: `<b>`, `</strong>`.
fn tag(rest: &[u8]) -> usize {
    const DRESS: [&[u8]; 10] = [b"b", b"i", b"u", b"em", b"strong", b"code", b"mark", b"span", b"td", b"th"];
    let slash = usize::from(rest.get(1) == Some(&b'/'));
    let name = &rest[1 + slash..];
    let length = name.iter().take(7).take_while(|byte| byte.is_ascii_lowercase()).count();
    let dress = name.get(length) == Some(&b'>') && DRESS.contains(&&name[..length]);
    if dress { length + slash + 2 } else { 0 }
}

/// What a tag that lays a page out means for the lines of its text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A line begins or ends.
    Row,
    /// A cell begins.
    Cell,
}

/// What the tag that a text begins with lays out, and its bytes.
pub(super) fn layout(rest: &[u8]) -> Option<(Layout, usize)> {
    const LONGEST: usize = 64;
    let slash = usize::from(rest.get(1) == Some(&b'/'));
    let name = &rest[1 + slash..];
    let length = name.iter().take(6).take_while(|byte| byte.is_ascii_lowercase()).count();
    let layout = match (&name[..length], slash) {
        (b"td" | b"th", 0) => Layout::Cell,
        (b"tr" | b"table" | b"br" | b"li" | b"ul" | b"ol" | b"p" | b"div" | b"thead" | b"tbody", _) => Layout::Row,
        _ => return None,
    };
    let attributes = &name[length..];
    // those of a paragraph may be times: `<p begin="00:00:01.000">`
    let table = matches!(&name[..length], b"td" | b"th" | b"tr" | b"table");
    let end = match attributes.first()? {
        b'>' => 0,
        b' ' | b'/' if !table => attributes.iter().take(3).position(|byte| *byte == b'>')?,
        b' ' | b'/' => attributes.iter().take(LONGEST).position(|byte| matches!(byte, b'>' | b'<'))?,
        _ => return None,
    };
    (attributes[end] == b'>').then_some((layout, 1 + slash + length + end + 1))
}

/// The sign that a byte of ASCII is by itself.
#[inline]
pub(super) fn plain(byte: u8) -> Kind {
    PLAIN[byte as usize].0
}

static PLAIN: [(Kind, Mark); 256] = signs();

const fn signs() -> [(Kind, Mark); 256] {
    let mut table = [(Kind::Mark(Mark::Other), Mark::Other); 256];
    let mut index = 0;
    while index < SIGNS.len() {
        let (byte, mark) = SIGNS[index];
        table[byte as usize] = (Kind::Mark(mark), mark);
        index += 1;
    }
    table
}

const SIGNS: &[(u8, Mark)] = &[
    (b'-', Mark::Dash),
    (b'.', Mark::Stop),
    (b'!', Mark::Stop),
    (b'?', Mark::Stop),
    (b'<', Mark::Open(b'<')),
    (b'[', Mark::Open(b'[')),
    (b'(', Mark::Open(b'(')),
    (b'{', Mark::Open(b'{')),
    (b'>', Mark::Close(b'<')),
    (b']', Mark::Close(b'[')),
    (b')', Mark::Close(b'(')),
    (b'}', Mark::Close(b'{')),
    (b'*', Mark::Star),
    (b'_', Mark::Star),
    (b'`', Mark::Star),
    (b'\'', Mark::Quote),
    (b'"', Mark::Quote),
    (b'$', Mark::Money),
    (b'~', Mark::Tilde),
    (b',', Mark::Comma),
    (b';', Mark::Semicolon),
    (b':', Mark::Colon),
    (b'|', Mark::Pipe),
    (b'/', Mark::Slash),
    (b'=', Mark::Equal),
    (b'#', Mark::Hash),
    (b'@', Mark::At),
    (b'%', Mark::Percent),
    (b'+', Mark::Plus),
];

/// The signs that Chinese and Japanese sentences have most, told from their bytes.
pub(super) fn of_asian(rest: &[u8]) -> Option<Mark> {
    match rest {
        // ，、
        [0xEF, 0xBC, 0x8C, ..] | [0xE3, 0x80, 0x81, ..] => Some(Mark::Comma),
        // 。
        [0xE3, 0x80, 0x82, ..] => Some(Mark::Stop),
        _ => None,
    }
}

/// The sign that a character beyond ASCII is.
pub(super) fn of_char(char: char) -> Mark {
    match char {
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '－' | '﹣' | '⁃' => Mark::Dash,
        '～' | '〜' | '∼' | '˜' | '〰' | '∽' => Mark::Tilde,
        '→' | '⇒' | '⟶' | '➔' | '➜' | '➝' | '➞' | '⟹' | '➡' | '▶' | '►' | '»' => Mark::Arrow,
        '…' | '‥' => Mark::Dots,
        '，' | '、' | '､' => Mark::Comma,
        '；' => Mark::Semicolon,
        '：' | '﹕' | '∶' => Mark::Colon,
        '。' | '．' | '！' | '？' | '｡' => Mark::Stop,
        '〈' | '《' | '＜' | '‹' => Mark::Open(b'<'),
        '〉' | '》' | '＞' | '›' => Mark::Close(b'<'),
        '【' | '［' | '〔' => Mark::Open(b'['),
        '】' | '］' | '〕' => Mark::Close(b'['),
        '（' => Mark::Open(b'('),
        '）' => Mark::Close(b'('),
        '“' | '”' | '‘' | '’' | '„' | '«' | '「' | '」' | '『' | '』' | '＂' | '＇' => Mark::Quote,
        '｜' | '│' | '┃' => Mark::Pipe,
        '／' => Mark::Slash,
        '＝' => Mark::Equal,
        '＃' | '№' => Mark::Hash,
        '％' | '‰' => Mark::Percent,
        '°' | '℃' | '℉' | 'º' => Mark::Degree,
        '€' | '£' | '¥' | '₩' | '￥' | '￦' | '₹' => Mark::Money,
        '′' | '″' => Mark::Prime,
        '＋' | '≈' => Mark::Plus,
        '±' | '×' | '÷' => Mark::Tolerance,
        '①'..='⑳' | '•' | '·' | '▪' | '◦' | '●' | '○' | '‣' | '■' | '□' | '◆' | '◇' | '★' | '☆' | '✓' | '✔' | '※' => {
            Mark::Bullet
        }
        _ => Mark::Other,
    }
}
