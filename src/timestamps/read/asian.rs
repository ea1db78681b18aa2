//! Cuts Hangul, Han and Kana, which put particles and units directly behind a number.
//!
//! Hangul has spaces, so a run of it is one word: behind a number it is taken apart from the front (`초` `부터`), anywhere
//! else only its beginning is looked up, because `초` also stands in `초록색` and `분` in `부분`. Chinese and Japanese have no
//! spaces: there every character may begin a word that matters.

use super::lexer::Lexer;
use super::lexicon::{Beginnings, Lexicon, Table};
use super::token::Kind::{Unit as U, Word as W};
use super::token::Word::{
    And, Approx, At, Before, Between, Day, During, End, Every, First, From, Function, Half, Is, Last, Lasts, Later,
    Length, Mark, Measure, Media, Meridiem, Ordinal, Part, Ratio, Stamp, Start, Time, To, Until, Vague,
};
use super::token::{Gap, Kind, Other, Style, Token, Unit};

const LONGEST_WORD: usize = 32;

const fn unit(size: u16) -> Kind {
    U(Unit { size, style: Style::Asian })
}

/// Directly behind a number.
const COUNTED: Table = &[
    ("시간", unit(3600)),
    ("분", unit(60)),
    ("초", unit(1)),
    ("시", W(Meridiem)),
    ("년", W(Day)),
    ("월", W(Day)),
    ("일", W(Day)),
];

/// Directly behind a time.
#[rustfmt::skip]
const PARTICLES: Table = &[
    ("부터", W(From)), ("에서부터", W(From)), ("에서", W(From)), ("까지의", W(Until)), ("까지", W(Until)),
    ("동안", W(During)), ("간격", W(During)), ("간", W(During)), ("마다", W(During)), ("짜리", W(During)),
    ("길이", W(During)), ("이내", W(During)), ("안에", W(During)), ("내에", W(During)), ("내외", W(During)),
    ("이상", W(During)), ("미만", W(During)), ("이하", W(During)), ("분량", W(During)), ("정도", W(Vague)),
    ("가량", W(Vague)), ("이후", W(Mark)), ("후", W(Later)), ("뒤", W(Later)), ("전", W(Later)), ("만에", W(During)),
    ("쯤", W(Mark)), ("경", W(Mark)), ("대", W(Mark)), ("지점", W(Mark)), ("시점", W(Mark)), ("부근", W(Mark)),
    ("즈음", W(Mark)), ("무렵", W(Mark)), ("반", W(Half)), ("에는", W(Mark)), ("에", W(Mark)), ("의", W(Ordinal)),
    ("와", W(And)), ("과", W(And)), ("이고", W(Function)), ("께서", W(Measure)),
];

/// What else a unit may have behind it.
const LOOSE: [char; 14] = ['가', '이', '은', '는', '을', '를', '로', '도', '만', '인', '입', '씩', '째', '여'];

/// The beginnings of words anywhere else.
#[rustfmt::skip]
const HANGUL: Table = &[
    ("처음", W(First)), ("최초", W(First)), ("첫", W(First)), ("초반", W(Function)), ("마지막", W(Last)),
    ("시작", W(Start)), ("종료", W(End)), ("끝", W(End)), ("시간대", W(Time)), ("시간", W(Time)), ("시각", W(Time)),
    ("구간", W(Time)), ("타임스탬프", W(Stamp)), ("타임코드", W(Stamp)), ("오전", W(Meridiem)), ("오후", W(Meridiem)),
    ("새벽", W(Meridiem)), ("대략", W(Approx)), ("사이", W(Between)), ("동안", W(During)), ("매", W(Every)),
    ("길이", W(Length)), ("지속", W(Length)), ("재생시간", W(Length)), ("재생", W(Length)), ("소요", W(Length)),
    ("점수", W(Ratio)), ("스코어", W(Ratio)), ("비율", W(Ratio)), ("화면비", W(Ratio)), ("부터", W(From)),
    ("에서", W(From)), ("까지", W(Until)), ("지점", W(Mark)), ("시점", W(Mark)), ("부근", W(Mark)), ("정도", W(Vague)),
    ("가량", W(Vague)), ("이후", W(Mark)), ("후", W(Later)), ("뒤", W(Later)), ("간격", W(During)), ("이내", W(During)),
    ("마다", W(During)), ("영상", W(Media)), ("클립", W(Media)), ("동영상", W(Media)), ("비디오", W(Media)),
    ("장면", W(Part)), ("답변", W(Part)), ("정답", W(Part)), ("결과", W(Part)), ("청크", W(Part)), ("이벤트", W(Part)), ("카메라", W(Part)), ("경과", W(Vague)),
    ("총", W(Length)), ("부분", W(Mark)), ("쯤", W(Mark)), ("근처", W(Mark)), ("무렵", W(Mark)), ("분량", W(During)),
    ("이상", W(During)), ("미만", W(During)), ("이하", W(During)), ("내외", W(During)), ("하루", W(Every)), ("전화", W(Ratio)),
    ("안에", W(During)), ("내에", W(During)), ("만에", W(During)), ("월요일", W(Day)), ("화요일", W(Day)), ("수요일", W(Day)), ("목요일", W(Day)),
    ("금요일", W(Day)), ("토요일", W(Day)), ("일요일", W(Day)),
];

/// Anywhere in Chinese and Japanese.
#[rustfmt::skip]
const HAN: Table = &[
    ("小时", unit(3600)), ("小時", unit(3600)), ("時間", unit(3600)), ("分钟", unit(60)), ("分鐘", unit(60)),
    ("秒钟", unit(1)), ("秒鐘", unit(1)), ("秒", unit(1)), ("分", unit(60)),
    ("时", unit(3600)), ("時", unit(3600)), ("点", W(Meridiem)), ("點", W(Meridiem)),
    ("から", W(From)), ("まで", W(Until)), ("ごろ", W(Mark)), ("頃", W(Mark)), ("あたり", W(Mark)), ("付近", W(Mark)),
    ("地点", W(Mark)), ("時点", W(Mark)), ("处", W(Mark)), ("處", W(Mark)), ("左右", W(Mark)), ("ごと", W(During)),
    ("每隔", W(Every)), ("毎", W(Every)), ("每", W(Every)), ("おき", W(During)), ("之间", W(Between)), ("之間", W(Between)),
    ("の間", W(Between)), ("间", W(During)), ("間", W(During)), ("间隔", W(During)), ("間隔", W(During)),
    ("之后", W(Later)), ("之後", W(Later)), ("以后", W(Later)), ("以後", W(Later)), ("后", W(Later)), ("後", W(Later)),
    ("前", W(Before)), ("最初", W(First)), ("最后", W(Last)), ("最後", W(Last)), ("从", W(From)), ("從", W(From)),
    ("自", W(From)), ("由", W(From)), ("到", W(To)), ("至", W(To)), ("为", W(Is)), ("為", W(Is)), ("は", W(Is)), ("是", W(Is)), ("和", W(And)), ("与", W(And)), ("與", W(And)),
    ("と", W(And)), ("在", W(At)), ("第", W(At)), ("于", W(At)), ("於", W(At)), ("に", W(At)), ("约", W(Approx)), ("約", W(Approx)),
    ("大约", W(Approx)), ("大約", W(Approx)), ("持续", W(Lasts)), ("持續", W(Lasts)), ("持続", W(Lasts)),
    ("历时", W(Lasts)), ("歷時", W(Lasts)), ("时长", W(Length)), ("時長", W(Length)), ("长度", W(Length)),
    ("長さ", W(Length)), ("长", W(Length)), ("開始", W(Start)), ("开始", W(Start)), ("起始", W(Start)),
    ("结束", W(End)), ("結束", W(End)), ("終了", W(End)), ("终止", W(End)), ("时间", W(Time)), ("区间", W(Time)),
    ("時刻", W(Time)), ("区間", W(Time)), ("タイムスタンプ", W(Stamp)), ("时间戳", W(Stamp)), ("時間戳", W(Stamp)),
    ("上午", W(Meridiem)), ("下午", W(Meridiem)), ("午前", W(Meridiem)), ("午後", W(Meridiem)), ("晚上", W(Meridiem)),
    ("年", W(Day)), ("月", W(Day)), ("日", W(Day)), ("半", W(Half)), ("場面", W(Part)), ("场景", W(Part)),
    ("片段", W(Part)), ("视频", W(Media)), ("視頻", W(Media)), ("動画", W(Media)), ("影片", W(Media)), ("映像", W(Media)),
    ("摄像头", W(Part)), ("カメラ", W(Part)), ("得分", W(Ratio)), ("得了", W(Ratio)), ("满分", W(Ratio)), ("得", W(Ratio)), ("比分", W(Ratio)), ("比例", W(Ratio)), ("の", W(Ordinal)),
    ("之", W(Ordinal)), ("程度", W(Vague)), ("后来", W(Function)), ("了", W(Function)), ("等待", W(Lasts)), ("等了", W(Lasts)), ("停留", W(Lasts)),
    ("停了", W(Lasts)), ("花了", W(Lasts)), ("用了", W(Lasts)), ("耗时", W(Lasts)), ("耗時", W(Lasts)), ("用时", W(Lasts)), ("用時", W(Lasts)),
    ("需时", W(Lasts)), ("只需", W(Lasts)), ("仅需", W(Lasts)), ("花费", W(Lasts)), ("花費", W(Lasts)), ("休息", W(Lasts)), ("需要", W(Lasts)), ("长达", W(Lasts)), ("長達", W(Lasts)),
    ("持续时间", W(Length)), ("持續時間", W(Length)), ("持続時間", W(Length)), ("待", W(During)), ("的", W(Ordinal)),
    ("事件", W(Part)), ("镜头", W(Part)), ("阶段", W(Part)), ("シーン", W(Part)), ("イベント", W(Part)), ("チャンク", W(Part)),
    ("点数", W(Ratio)), ("成绩", W(Ratio)), ("成績", W(Ratio)), ("评分", W(Ratio)), ("評分", W(Ratio)),
    ("全体", W(Length)), ("合計", W(Length)), ("合计", W(Length)), ("总共", W(Length)), ("總共", W(Length)),
    ("一共", W(Length)), ("全程", W(Length)), ("总计", W(Length)), ("全长", W(Length)), ("全長", W(Length)),
    ("以内", W(During)), ("以內", W(During)), ("以上", W(During)), ("以下", W(During)), ("未満", W(During)),
    ("未满", W(During)), ("不到", W(Lasts)), ("超过", W(Lasts)), ("超過", W(Lasts)), ("至少", W(Lasts)),
    ("最多", W(Lasts)), ("最长", W(Lasts)), ("最短", W(Lasts)),
    ("电话", W(Ratio)), ("電話", W(Ratio)), ("スコア", W(Ratio)), ("比率", W(Ratio)), ("过后", W(Later)), ("過後", W(Later)),
];

static HANGUL_WORDS: Lexicon = Lexicon::of(HANGUL);
static HAN_WORDS: Lexicon = Lexicon::of(HAN);
static COUNTED_WORDS: Lexicon = Lexicon::of(COUNTED);
static PARTICLE_WORDS: Lexicon = Lexicon::of(PARTICLES);

/// Adds the tokens of the Hangul word or of the Han characters at the lexer, if there are any.
pub(super) fn lex(lexer: &mut Lexer<'_>) -> bool {
    match lexer.rest() {
        [0xE3, 0x81..=0x83 | 0x90..=0xBF, ..] | [0xE3, 0x80, 0x85..=0x87, ..] | [0xE5..=0xE9, ..] => han(lexer),
        // all but the hexagrams
        [0xE4, second, ..] if *second != 0xB7 => han(lexer),
        // Kana of half width
        [0xEF, 0xBD, 0xA6..=0xBF, ..] | [0xEF, 0xBE, 0x80..=0x9F, ..] => han(lexer),
        _ => return hangul(lexer),
    }
    true
}

fn is_hangul(char: char) -> bool {
    matches!(char, '\u{AC00}'..='\u{D7A3}' | '\u{3131}'..='\u{318E}')
}

fn is_han(char: char) -> bool {
    matches!(char, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF66}'..='\u{FF9F}')
}

/// Adds the tokens of the Hangul word at the lexer, if there is one.
pub(super) fn hangul(lexer: &mut Lexer<'_>) -> bool {
    // a longer run is no word: cut, so that it is not measured again for each piece taken from its front
    let length = length_of_hangul(lexer.rest());
    if length == 0 {
        return false;
    }
    let plain = !HANGUL_BEGINNINGS.has(lexer.rest()) && !may_be_behind_time(lexer);
    if plain {
        lexer.others(Other { words: 1, capital: false }, length);
        lexer.skip_space();
    } else {
        hangul_word(lexer, length);
    }
    true
}

fn hangul_word(lexer: &mut Lexer<'_>, length: usize) {
    let (word, behind) = lexer.text[lexer.at..].split_at(length);
    if let Some((kind, bytes)) = behind_time(lexer, word) {
        return lexer.known(kind, bytes);
    }
    if let Some((value, bytes)) = spelled(word, behind) {
        return lexer.push(Kind::Spelled(value), bytes);
    }
    // `매` alone is "every", but it also begins `매장`, a shop
    let known = HANGUL_WORDS
        .longest(word.as_bytes())
        .filter(|(_, bytes)| *bytes > 3 || length == 3 || word.starts_with('첫') || word.starts_with('끝'));
    if word == "약" {
        return lexer.push(W(Approx), length);
    }
    match known {
        Some((kind, _)) => lexer.known(kind, length),
        None => lexer.others(Other { words: 1, capital: false }, length),
    }
}

/// Bytes of the Hangul that a text begins with, of at most [`LONGEST_WORD`] characters.
fn length_of_hangul(text: &[u8]) -> usize {
    let is_hangul = |char: &&[u8; 3]| {
        matches!(
            char,
            [0xEB | 0xEC, _, _]
                | [0xEA, 0xB0..=0xBF, _]
                | [0xED, 0x80..=0x9D, _]
                | [0xED, 0x9E, 0x80..=0xA3]
                | [0xE3, 0x84, 0xB1..=0xBF]
                | [0xE3, 0x85, _]
                | [0xE3, 0x86, 0x80..=0x8E]
        )
    };
    3 * text.as_chunks().0.iter().take(LONGEST_WORD).take_while(is_hangul).count()
}

/// Whether [`behind_time`] has anything to look for.
fn may_be_behind_time(lexer: &Lexer<'_>) -> bool {
    match lexer.tokens.last().map(|token| token.kind) {
        Some(Kind::Number(_) | Kind::Spelled(_)) => true,
        Some(Kind::Other(_)) | None => false,
        Some(_) => lexer.gap() == Gap::Tight,
    }
}

/// The unit or the particle that a word begins with, where it stands behind a number or a time.
fn behind_time(lexer: &Lexer<'_>, word: &str) -> Option<(Kind, usize)> {
    let last = lexer.tokens.last()?;
    let near = lexer.gap() == Gap::Tight;
    match last.kind {
        Kind::Number(_) | Kind::Spelled(_) => {
            let (kind, bytes) = COUNTED_WORDS.longest(word.as_bytes())?;
            let behind = &word[bytes..];
            let ends = behind.is_empty()
                || behind.starts_with(LOOSE)
                || PARTICLE_WORDS.longest(behind.as_bytes()).is_some()
                || COUNTED_WORDS.longest(behind.as_bytes()).is_some()
                || behind.starts_with("으로");
            ends.then_some((kind, bytes))
        }
        Kind::Clock
        | Kind::Wall
        | Kind::Unit(_)
        | Kind::Mark(super::token::Mark::Close(_) | super::token::Mark::Star)
            if near =>
        {
            PARTICLE_WORDS.longest(word.as_bytes())
        }
        Kind::Word(From | Mark | Vague | Later) if near && is_behind_time(&lexer.tokens) => {
            PARTICLE_WORDS.longest(word.as_bytes())
        }
        _ => None,
    }
}

/// Whether the last token is the particle of a time: `10초` `경` `에`.
fn is_behind_time(tokens: &[Token]) -> bool {
    let before = tokens.len().checked_sub(2).map(|index| tokens[index].kind);
    matches!(before, Some(Kind::Clock | Kind::Wall | Kind::Unit(_)))
}

/// A number in words before a unit: `오 초`, `삼십초`, but not `이 분` (this person), `구분` (a distinction).
fn spelled(word: &str, behind: &str) -> Option<(u16, usize)> {
    if let Some(found) = native(word, behind) {
        return Some(found);
    }
    word.chars().next().and_then(numeral)?;
    let digits: usize = word.chars().take_while(|char| numeral(*char).is_some()).map(char::len_utf8).sum();
    if digits == 0 {
        return None;
    }
    let (number, mut rest) = word.split_at(digits);
    if rest.is_empty() {
        rest = behind.strip_prefix(' ')?;
    }
    let native = matches!(number, "한" | "두" | "세" | "네" | "반");
    let fits = match rest.strip_prefix('초') {
        Some(behind) => !native && ends(behind) && number != "최",
        None => match rest.strip_prefix('분') {
            Some(behind) => {
                !matches!(number, "이" | "구" | "십" | "두" | "세" | "네" | "한")
                    && ends(behind)
                    && !behind.starts_with('의')
            }
            None => native && rest.strip_prefix("시간").is_some_and(ends),
        },
    };
    fits.then(|| (value(number), digits))
}

/// `열두 초쯤에`, `스무 초`: the numbers of Korean's own. Behind them 분 counts guests, unless it is about that time.
fn native(word: &str, behind: &str) -> Option<(u16, usize)> {
    const TENS: [(&str, u16); 10] = [
        ("열", 10),
        ("스물", 20),
        ("스무", 20),
        ("서른", 30),
        ("마흔", 40),
        ("쉰", 50),
        ("예순", 60),
        ("일흔", 70),
        ("여든", 80),
        ("아흔", 90),
    ];
    const ONES: [(&str, u16); 11] = [
        ("하나", 1),
        ("한", 1),
        ("두", 2),
        ("세", 3),
        ("네", 4),
        ("다섯", 5),
        ("여섯", 6),
        ("일곱", 7),
        ("여덟", 8),
        ("아홉", 9),
        ("둘", 2),
    ];
    let of = |table: &[(&str, u16)], text: &str| {
        table.iter().find(|(name, _)| text.starts_with(name)).map_or((0, 0), |(name, value)| (*value, name.len()))
    };
    let (tens, first) = of(&TENS, word);
    let (ones, second) = of(&ONES, &word[first..]);
    let (_, rest) = word.split_at(first + second);
    // `세초`, `두분`: other words
    if first == 0 && (ones < 2 || ones < 5 && !rest.is_empty()) || first + second == 0 {
        return None;
    }
    let rest = if rest.is_empty() { behind.strip_prefix(' ')? } else { rest };
    let about =
        |behind: &str| ["쯤", "경에", "경부터", "지점", "시점", "무렵"].iter().any(|about| behind.starts_with(about));
    let fits = match (rest.strip_prefix('초'), rest.strip_prefix('분')) {
        (Some(behind), _) => ends(behind),
        (_, Some(behind)) => about(behind),
        _ => false,
    };
    fits.then_some((tens + ones, first + second))
}

/// Whether a unit ends here: no more Hangul, or a particle.
fn ends(behind: &str) -> bool {
    !behind.starts_with(is_hangul)
        || PARTICLE_WORDS.longest(behind.as_bytes()).is_some()
        || behind.starts_with(['가', '이', '은', '는', '을', '를', '로', '째'])
}

fn numeral(char: char) -> Option<u16> {
    Some(match char {
        '영' | '공' | '零' | '〇' => 0,
        '일' | '한' | '一' => 1,
        '이' | '두' | '二' | '两' | '兩' => 2,
        '삼' | '세' | '三' => 3,
        '사' | '네' | '四' => 4,
        '오' | '五' => 5,
        '육' | '六' => 6,
        '칠' | '七' => 7,
        '팔' | '八' => 8,
        '구' | '九' => 9,
        '십' | '十' => 10,
        '백' | '百' => 100,
        '반' => 0,
        _ => return None,
    })
}

/// The value of numerals such as `삼십오`, 三十五.
fn value(numerals: &str) -> u16 {
    let (sum, ones) = numerals.chars().filter_map(numeral).fold((0_u16, 0_u16), |(sum, ones), digit| match digit {
        10 | 100 => (sum.saturating_add(ones.max(1).saturating_mul(digit)), 0),
        _ => (sum, digit),
    });
    sum.saturating_add(ones)
}

/// Adds the characters that no word of the tables begins with, nor a number, and tells whether there were any.
pub(super) fn plain_han(lexer: &mut Lexer<'_>) -> bool {
    let count = lexer.rest().as_chunks().0.iter().take_while(|char| is_plain_han(**char)).count();
    if count > 0 {
        let words = u16::try_from(count).unwrap_or(u16::MAX);
        lexer.others(Other { words, capital: false }, 3 * count);
    }
    count > 0
}

fn is_plain_han(char: [u8; 3]) -> bool {
    let han = match char {
        [0xE5..=0xE9, ..] => true,
        // all but the hexagrams
        [0xE4, second, _] => second != 0xB7,
        [0xE3, second, _] => matches!(second, 0x81..=0x83),
        _ => false,
    };
    han && !HAN_BEGINNINGS.has(&char)
}

static HAN_BEGINNINGS: Beginnings = Beginnings::of(HAN, &NUMERALS);
static HANGUL_BEGINNINGS: Beginnings = Beginnings::of(HANGUL, &HANGUL_NUMERALS);

/// What a number in Han characters may begin with.
const NUMERALS: [&str; 16] =
    ["零", "〇", "一", "二", "两", "兩", "三", "四", "五", "六", "七", "八", "九", "十", "百", "半"];

/// What a number in Hangul may begin with, and a word that is not in the table.
#[rustfmt::skip]
const HANGUL_NUMERALS: [&str; 30] = [
    "영", "공", "일", "한", "이", "두", "삼", "세", "사", "네", "오", "육", "칠", "팔", "구", "십", "백", "반", "약",
    "열", "스", "서", "마", "쉰", "예", "여", "아", "하", "다", "둘",
];

/// Adds Chinese characters, which no rule but that of words has a say about: plain ones, then the word behind them.
pub(super) fn chinese(lexer: &mut Lexer<'_>) {
    plain_han(lexer);
    if matches!(lexer.rest(), [0xE5..=0xE9, ..]) {
        han(lexer);
    }
}

fn han(lexer: &mut Lexer<'_>) {
    let rest = lexer.rest();
    let word = HAN_WORDS.longest(rest);
    // a unit is no number, and most words are units and particles
    let counts = word.is_none() || rest.starts_with("半".as_bytes());
    if counts && let Some((value, bytes)) = spelled_han(&lexer.text[lexer.at..]) {
        return lexer.push(Kind::Spelled(value), bytes);
    }
    // `30秒時`, `30秒时`: when it is 30 seconds
    let when = || lexer.gap() == Gap::Tight && matches!(lexer.tokens.last(), Some(Token { kind: U(_), .. }));
    // 前10秒: the first ten; 10秒前: ten ago
    let counts = || super::numerals::digit(&rest[3..]).is_some();
    match word {
        Some((W(Before), 3)) if when() => lexer.push(W(Later), 3),
        Some((W(Before), 3)) if counts() => lexer.push(W(First), 3),
        Some((U(Unit { size: 3600, .. }), 3)) if when() => lexer.push(W(Mark), 3),
        Some((U(Unit { size: 60, .. }), 3)) if let Some(kind) = of_parts(&rest[3..]) => lexer.known(kind, 6),
        Some((kind, bytes)) => lexer.known(kind, bytes),
        None => {
            lexer.others(Other { words: 1, capital: false }, 3);
        }
    }
}

/// 分区, 分店, 分数: words that begin like a minute, from their second character on.
fn of_parts(behind: &[u8]) -> Option<Kind> {
    match str::from_utf8(behind.get(..3)?).ok()? {
        "区" | "區" | "部" | "店" | "支" | "局" | "公" | "队" | "隊" | "组" | "類" | "类" | "析" | "别" | "割" => {
            Some(W(Measure))
        }
        "数" => Some(W(Ratio)),
        _ => None,
    }
}

/// 三十 before 秒, 两 before 分钟, 半 before 分钟; 十分 (very) and 一部分 are no times.
fn spelled_han(text: &str) -> Option<(u16, usize)> {
    let digits: usize =
        text.chars().take(6).take_while(|char| numeral(*char).is_some() && is_han(*char)).map(char::len_utf8).sum();
    let (number, rest) = text.split_at(digits);
    let (number, rest) = match (number, rest.strip_prefix('半')) {
        ("", Some(behind)) => ("半", behind),
        _ => (number, rest),
    };
    if !rest.starts_with(['秒', '分', '小', '时', '時']) {
        return None;
    }
    let unit = ["秒", "分钟", "分鐘", "分間", "分後", "分后", "小时", "小時", "时间", "時間"]
        .iter()
        .any(|unit| rest.starts_with(unit));
    let seconds = |behind: &str| behind.trim_start_matches(|char| numeral(char).is_some()).starts_with('秒');
    let minutes = rest.strip_prefix('分').is_some_and(|behind| behind.starts_with('半') || seconds(behind));
    (!number.is_empty() && (unit || minutes)).then(|| (value(number), number.len()))
}
