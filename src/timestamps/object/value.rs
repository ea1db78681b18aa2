//! The values of the object as JSON. What they come out as is what serde writes; most are short and plain, and are
//! written without asking it.

use serde_json::Value;

use crate::timestamps::json;
use crate::timestamps::time::Time;

/// Writes a moment.
pub(super) fn time(out: &mut Vec<u8>, time: &Time) {
    match time {
        Time::Media(seconds) => self::seconds(out, *seconds),
        Time::Wall(wall) => string(out, &wall.text),
    }
}

/// Writes a text.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    if json::is_plain(text) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        by_serde(out, &Value::from(text));
    }
}

#[expect(clippy::float_cmp, reason = "it is the very double that counts")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "what does not fit is another double")]
fn seconds(out: &mut Vec<u8>, seconds: f64) {
    // What a clock says is whole.
    let whole = seconds as u32;
    if whole < MOST && f64::from(whole) == seconds {
        return decimal(out, whole, 0);
    }
    // A double that three decimals come out as has no shorter text than them without their last zeros.
    let thousandths = (seconds * 1000.0 + 0.5) as u32;
    if thousandths / 1000 < MOST && f64::from(thousandths) / 1000.0 == seconds {
        decimal(out, thousandths / 1000, thousandths % 1000);
    } else {
        // Adding 0 turns a negative zero into one without a sign.
        by_serde(out, &Value::from(seconds + 0.0));
    }
}

const ZERO: u64 = b'0' as u64;

/// More than four digits can say: nearly three hours.
const MOST: u32 = 10_000;

/// Writes a number with at least one digit behind the point, and at most eight characters.
#[inline]
fn decimal(out: &mut Vec<u8>, mut whole: u32, thousandths: u32) {
    let digit = |number: u32| u64::from(b'0') + u64::from(number % 10);
    // The characters are the bytes of a number, from the last one on.
    let (mut text, mut length) = (u64::from(b'.') | u64::from(b'0') << 8, 2);
    if thousandths > 0 {
        let all = [digit(thousandths / 100), digit(thousandths / 10), digit(thousandths)];
        text = u64::from(b'.') | all[0] << 8 | all[1] << 16 | all[2] << 24;
        length = match (all[1], all[2]) {
            (ZERO, ZERO) => 2,
            (_, ZERO) => 3,
            _ => 4,
        };
    }
    loop {
        text = text << 8 | digit(whole);
        length += 1;
        whole /= 10;
        if whole == 0 {
            break;
        }
    }
    // Eight bytes are copied at once, unlike as many as there are.
    let start = out.len();
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(start + length);
}

fn by_serde(out: &mut Vec<u8>, value: &Value) {
    out.extend_from_slice(value.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut json = b"[".to_vec();
        write(&mut json);
        String::from_utf8(json.split_off(1)).unwrap()
    }

    fn is_as_serde_writes_it(number: f64) {
        assert_eq!(written(|json| seconds(json, number)), Value::from(number + 0.0).to_string());
    }

    #[test]
    fn every_thousandth_is_written_as_serde_writes_it() {
        for thousandths in (0..20_000).chain(3_599_000..3_601_000) {
            is_as_serde_writes_it(f64::from(thousandths) / 1000.0);
        }
    }

    #[test]
    fn odd_numbers_are_written_as_serde_writes_them() {
        for number in [
            -0.0,
            0.1 + 0.2,
            47.266_666_666_666_666,
            0.0005,
            0.0015,
            1e-7,
            1e8,
            999_999_999.999,
            1e9,
            1e15,
            1e16,
            1e17,
            1e300,
            4e9,
            -1.0,
            -0.001,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::NAN,
            f64::INFINITY,
            12.3_f64.next_up(),
            12.3_f64.next_down(),
        ] {
            is_as_serde_writes_it(number);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_number_is_written_as_serde_writes_it(bits: u64, thousandths in 0_u64..2_000_000_000_000) {
            is_as_serde_writes_it(f64::from_bits(bits));
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            is_as_serde_writes_it(thousandths as f64 / 1000.0);
        }

        #[test]
        fn any_text_is_written_as_serde_writes_it(text in "\\PC{0,40}|[\"\\\\\n\t\u{0}\u{1f}\u{7f}\u{1f600}a-f0-9]{0,40}") {
            prop_assert_eq!(written(|json| string(json, &text)), Value::from(text).to_string());
        }
    }
}
