//! The parser behind a guard: a mistake of its own costs its help, and never the answer that it was to help with.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::read;
use super::time::{Doubt, Mention, Reading, Reason};

/// What [`read::read`] makes of a text; not sure, should that panic.
pub(super) fn read(text: &str) -> Reading {
    guarded(text, read::read).unwrap_or_else(|| {
        let doubt = Doubt { reason: Reason::Failed, span: 0..text.len() };
        Reading { found: Vec::new(), doubt: Some(doubt) }
    })
}

/// What [`read::mentions`] makes of a text; nothing, should that panic.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    guarded(text, read::mentions).unwrap_or_default()
}

fn guarded<T>(text: &str, call: impl FnOnce(&str) -> T) -> Option<T> {
    // What the parser changes is its own, and gone with it.
    catch_unwind(AssertUnwindSafe(|| call(text)))
        .inspect_err(|_| tracing::error!(bytes = text.len(), "the parser of times has failed on an answer"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_costs_no_more_than_its_help() {
        assert_eq!(guarded("1:05", str::len), Some(4));
        assert_eq!(guarded("린 건", |text| text[..text.len() - 6].len()), None);
        let sure = read("At 1:05 a dog barks.");
        assert!(sure.is_sure() && sure.found.len() == 1);
        assert_eq!(mentions("At 1:05 a dog barks.").len(), 1);
    }
}
