//! Clauses of Korean, Japanese and Chinese that say the same of several times: `불은 21초, 연기는 47초에 보입니다`. Where the last
//! of them is a moment, the others are no lengths.

use super::behind::Behind;
use super::page::Page;
use super::token::{Kind, Mark, Style, Unit, Word};

/// How many tokens a clause may have.
const REACH: usize = 14;

/// Whether a clause with a time that is plainly a moment, or begins a range, stands behind the comma after the token `last`.
pub(super) fn is_before_a_point(page: &Page<'_>, last: usize) -> bool {
    if page.kind(last + 1) != Kind::Mark(Mark::Comma) {
        return false;
    }
    let same =
        |at: &usize| !matches!(page.kind(*at), Kind::Break | Kind::Mark(Mark::Stop | Mark::Semicolon | Mark::Pipe));
    let asian = |at: &usize| matches!(page.kind(*at), Kind::Unit(Unit { style: Style::Asian, .. }));
    let counted = |at: &usize| matches!(page.kind(*at - 1), Kind::Number(_));
    let Some(mut unit) = (last + 2..last + REACH).take_while(same).find(|at| asian(at) && counted(at)) else {
        return false;
    };
    // 第二次在52秒
    let placed = page.kind(unit - 2) == Kind::Word(Word::At);
    // `1시간 20분 10초부터`
    while matches!(page.kind(unit + 1), Kind::Number(_)) && asian(&(unit + 2)) {
        unit += 2;
    }
    // 12秒、34秒: the next of a list says no more than this one
    let told = (last + 2..unit).any(|at| matches!(page.kind(at), Kind::Other(_) | Kind::Word(Word::Is)));
    told && (placed || Behind::of(page, unit) == Behind::Point)
}
