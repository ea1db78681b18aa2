//! Times as VIA and Ollama print them, from the system's clock in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> u64 {
    since_epoch(SystemTime::now()).as_secs()
}

/// `2026-03-04T09:15:20.000Z`, as VIA's live streams have it.
pub(crate) fn millis(time: SystemTime) -> String {
    let since = since_epoch(time);
    format!("{}.{:03}Z", date_time(since.as_secs(), 'T'), since.subsec_millis())
}

/// `2026-03-04 09:15:21.503112+00:00`, as Python prints it in VIA's pings.
pub(crate) fn python(time: SystemTime) -> String {
    let since = since_epoch(time);
    format!("{}.{:06}+00:00", date_time(since.as_secs(), ' '), since.subsec_micros())
}

/// `2026-01-02T03:04:05.123456789Z` with trailing zeros trimmed, as Go prints it.
pub(crate) fn go(time: SystemTime) -> String {
    let since = since_epoch(time);
    let seconds = date_time(since.as_secs(), 'T');
    let fraction = format!("{:09}", since.subsec_nanos());
    match fraction.trim_end_matches('0') {
        "" => format!("{seconds}Z"),
        digits => format!("{seconds}.{digits}Z"),
    }
}

/// `Wed, 04 Mar 2026 09:15:20 GMT` (RFC 9110, section 5.6.7).
pub(crate) fn http(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = since_epoch(time).as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let weekday = DAYS[usize::try_from(seconds / 86_400 % 7).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    let (hour, minute, second) = clock(seconds);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn date_time(seconds: u64, separator: char) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = clock(seconds);
    format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}")
}

fn clock(seconds: u64) -> (u64, u64, u64) {
    (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a day counted from 1970-01-01 (Hinnant's `civil_from_days`, years from 1970 on).
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_known_moments() {
        let leap = UNIX_EPOCH + Duration::new(951_782_399, 120_000_000); // 2000-02-28T23:59:59.12Z
        assert_eq!(millis(leap), "2000-02-28T23:59:59.120Z");
        assert_eq!(go(leap), "2000-02-28T23:59:59.12Z");
        assert_eq!(python(leap), "2000-02-28 23:59:59.120000+00:00");
        assert_eq!(go(leap + Duration::from_millis(880)), "2000-02-29T00:00:00Z");
        assert_eq!(http(UNIX_EPOCH + Duration::from_secs(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
