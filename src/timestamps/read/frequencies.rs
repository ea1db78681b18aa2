//! How often something is done, told like a moment: `30초에 한 번 신호가 바뀌며`, 30秒に1回点滅する.

/// Whether the words behind `30초에` or 30秒に say that something is done once, or so many times, in each.
pub(super) fn is_often(behind: &str) -> bool {
    // what is done again and again by itself
    const AGAIN: [&str; 21] = [
        "깜빡",
        "깜박",
        "점멸",
        "바뀌",
        "바뀝",
        "교대",
        "순찰",
        "점검",
        "촬영",
        "갱신",
        "반복",
        "点滅",
        "変わ",
        "切り替",
        "交代",
        "巡回",
        "見回",
        "撮影",
        "更新",
        "闪",
        "閃",
    ];
    let Some(rest) = times(behind) else { return false };
    if rest.starts_with(['씩', '꼴'])
        || rest.starts_with(" 꼴")
        || rest.starts_with("の割合")
        || rest.starts_with("のペース")
    {
        return true;
    }
    let once = ["한", "1", "一"].iter().any(|one| behind.starts_with(one));
    let clause = rest.char_indices().take(16).find(|(_, char)| matches!(char, '.' | '。' | '\n'));
    let end = clause.or_else(|| rest.char_indices().nth(16)).map_or(rest.len(), |(at, _)| at);
    once && AGAIN.iter().any(|verb| rest[..end].contains(verb))
}

/// What stands behind `한 번`, `두 차례`, `1회`, 1回, 一度.
fn times(behind: &str) -> Option<&str> {
    const NUMBERS: [&str; 11] = ["한", "두", "세", "네", "다섯", "여러", "수", "一", "二", "三", "数"];
    const COUNTERS: [&str; 6] = ["번", "차례", "회", "回", "度", "次"];
    let digits = behind.trim_start_matches(|char: char| char.is_ascii_digit());
    let rest = if digits.len() < behind.len() {
        digits
    } else {
        NUMBERS.iter().find_map(|number| behind.strip_prefix(number))?
    };
    let rest = rest.trim_start_matches(' ');
    COUNTERS.iter().find_map(|counter| rest.strip_prefix(counter))
}
