//! What the simulated model says: texts of our own in all the forms of via.md 3.5, chosen so that a test can know.
//!
//! A prompt or question steers the choice: `#answer=7` takes that text, `#say=...` everything behind it, literally.
//! Without a marker the settings decide, else the seed together with what was asked and about what.

use crate::sim::via::spool::Fingerprint;

/// Texts that name times or honestly say that there are none.
pub const ANSWERS: [&str; 26] = [
    "<12.30> <15.0> A courier in a grey cap sets two parcels beside the turnstile.",
    "<0.0> A van reverses into bay three. <9.5> The driver steps out. <21.75> The shutter closes.",
    "<41.6> <47.266666666666666> The blue pallet tips over near the ramp.",
    "10.5:20.0: a cyclist rides along the pavement and stops at the crossing.",
    "- 00.01.10:00.02.05: a worker without a helmet walks under the raised fork.",
    "- 0.0:8.4,31.2:36.0: the loading door stands open with nobody nearby.",
    "The spill happens at 00:01:10 and is cleaned up by 00:03:42.",
    "From 1:05 to 1:18 the child runs between the shelves.",
    "**Summary**\n1. **42.000 - 57.500** - Two cars queue at the barrier.\n2. **181.250 - 190.000** - The barrier fails \
     to lift.",
    "[00:00 - 01:00] A cleaner mops the corridor.\n[01:00 - 02:00] The corridor is empty.",
    "[15.0 - 30.2] A dog crosses the yard.",
    "10.5-20.3, 64-71.2",
    "Somebody drops a bag 95 seconds into the clip and picks it up about 20 seconds later.",
    "Between 2m10s and 2m35s the lights flicker.",
    "The fire alarm light is on for the whole video.",
    "No relevant information found",
    "At timestamp 305.2, the forklift (unit 7) clips rack B12; it backs away at 311.",
    "The event occurs around the 4 minute mark, specifically 4:02~4:09.",
    "<2026-03-04T09:15:20.000Z> <2026-03-04T09:15:31.400Z> A lorry blocks lane 2.",
    "2026-03-04T09:15:20.000Z to 2026-03-04T09:16:20.000Z: traffic is flowing normally.",
    "1:02:03-1:02:10 The night guard checks door 4.",
    "{\"video_summary\": \"Quiet shift\", \"events\": [{\"start_time\": 12.0, \"end_time\": 18.5, \"type\": \"person \
     enters\"}]}",
    "Chunk 3 (30.0s-40.0s): a red car parks. Chunk 4 (40.0s-50.0s): its driver leaves.",
    "camera_1: 12.0-18.0 a man waits; camera_2: 14.5-17.0 the same man sits down.",
    "사람이 10.5초부터 20.3초까지 문 앞에 서 있습니다.",
    "1분 5초 ~ 1분 18초 사이에 아이가 뛰어갑니다.",
];

/// Texts that are no answers, though the status is 200: only a marker or a setting chooses them, as `#answer=26` on.
pub const NON_ANSWERS: [&str; 7] = [
    "Media processed",
    "Summarization failed. The model gave no captions.",
    "Chat functionality disabled for this request; summarize it with enable_chat first.",
    "Guardrails failed to accept the prompt.",
    "An internal error occurred while the answer was made.",
    "Couldn't Produce Highlights. Please ask in another way.",
    "No matching scenarios were found in the video.",
];

/// What is settled before anything was asked.
#[derive(Debug, Clone, Default)]
pub struct Fixed {
    /// Always this answer, by number.
    pub answer: Option<usize>,
    /// Always this text.
    pub say: Option<String>,
}

// === impl Fixed ===

impl Fixed {
    /// Whether it settles anything.
    pub(crate) fn is_set(&self) -> bool {
        self.answer.is_some() || self.say.is_some()
    }
}

/// The text number `number`, counted through both lists.
pub fn numbered(number: usize) -> &'static str {
    let all = ANSWERS.len() + NON_ANSWERS.len();
    let number = number % all;
    ANSWERS.get(number).or_else(|| NON_ANSWERS.get(number - ANSWERS.len())).copied().unwrap_or_default()
}

/// The answer to `asked`, about something whose fingerprint is `about`.
pub(crate) fn choose(asked: &str, about: u64, seed: u64, fixed: &Fixed) -> String {
    if let Some((_, text)) = asked.split_once("#say=") {
        return text.to_owned();
    }
    if let Some((_, number)) = asked.split_once("#answer=") {
        let digits = number.find(|c: char| !c.is_ascii_digit()).map_or(number, |end| &number[..end]);
        if let Ok(number) = digits.parse() {
            return numbered(number).to_owned();
        }
    }
    if let Some(text) = &fixed.say {
        return text.clone();
    }
    if let Some(number) = fixed.answer {
        return numbered(number).to_owned();
    }
    let mut rng = fastrand::Rng::with_seed(seed ^ about ^ Fingerprint::of(asked.as_bytes()));
    ANSWERS[rng.usize(..ANSWERS.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_win_over_settings_over_the_seed() {
        let fixed = Fixed { answer: Some(1), say: None };
        assert_eq!(choose("when? #answer=3", 0, 0, &fixed), ANSWERS[3]);
        assert_eq!(choose("x #say=at 1:05, then\n2:00", 0, 0, &fixed), "at 1:05, then\n2:00");
        assert_eq!(choose("when?", 0, 0, &fixed), ANSWERS[1]);
        assert_eq!(choose("#answer=26", 0, 0, &fixed), "Media processed");
        let by_seed = |seed| choose("when?", 5, seed, &Fixed::default());
        assert_eq!(by_seed(1), by_seed(1));
        assert!((0..20).any(|seed| by_seed(seed) != by_seed(1)));
    }
}
