//! When a job may start. Nothing here reads a clock.

use crate::time::Timestamp;

const MICROS_OF_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// 00:00:00 UTC of the day after the one in which `created_at` lies: the earliest start of a user's erasure.
///
/// Midnight itself belongs to the day that it begins, so a job created then waits a whole day.
///
/// ```
/// use derslik_domain::job::next_utc_midnight;
/// use derslik_domain::time::{Timestamp, Zone};
///
/// let created: Timestamp = "2024-02-28T21:15:30Z".parse()?;
/// assert_eq!(next_utc_midnight(created).in_zone(Zone::UTC).to_string(), "2024-02-29T00:00:00+00:00");
/// # Ok::<(), derslik_domain::time::WrittenTimeError>(())
/// ```
pub const fn next_utc_midnight(created_at: Timestamp) -> Timestamp {
    let next_day = created_at.micros().div_euclid(MICROS_OF_A_DAY) + 1;
    Timestamp::from_micros(next_day.saturating_mul(MICROS_OF_A_DAY))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::time::Zone;

    #[rstest]
    #[case::an_ordinary_day("2021-06-17T09:09:15.277Z", "2021-06-18T00:00:00+00:00")]
    #[case::the_last_microsecond("2021-06-17T23:59:59.999999Z", "2021-06-18T00:00:00+00:00")]
    #[case::midnight_itself("2021-06-18T00:00:00Z", "2021-06-19T00:00:00+00:00")]
    #[case::already_tomorrow_in_istanbul("2021-06-18T01:30:00+03:00", "2021-06-18T00:00:00+00:00")]
    #[case::before_a_leap_day("2024-02-28T12:00:00Z", "2024-02-29T00:00:00+00:00")]
    #[case::a_leap_day("2024-02-29T12:00:00Z", "2024-03-01T00:00:00+00:00")]
    #[case::no_leap_day("2100-02-28T12:00:00Z", "2100-03-01T00:00:00+00:00")]
    #[case::year_end("2025-12-31T23:59:59Z", "2026-01-01T00:00:00+00:00")]
    #[case::a_clock_change_in_berlin("2025-03-30T02:30:00+02:00", "2025-03-31T00:00:00+00:00")]
    #[case::the_epoch("1970-01-01T00:00:00Z", "1970-01-02T00:00:00+00:00")]
    #[case::before_the_epoch("1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00+00:00")]
    #[case::the_last_year("9999-12-30T12:00:00Z", "9999-12-31T00:00:00+00:00")]
    fn starts_at_the_next_midnight_of_utc(#[case] created: &str, #[case] starts: &str) {
        assert_eq!(next_utc_midnight(created.parse().unwrap()).in_zone(Zone::UTC).to_string(), starts);
    }

    #[test]
    fn the_day_after_the_year_9999_is_counted_like_any_other() {
        let last_day: Timestamp = "9999-12-31T12:00:00Z".parse().unwrap();
        assert_eq!(next_utc_midnight(last_day).micros(), 253_402_300_800_000_000);
    }

    proptest! {
        #[test]
        fn lies_ahead_by_a_day_at_the_most(micros in any::<i64>()) {
            let start = next_utc_midnight(Timestamp::from_micros(micros)).micros();
            prop_assert!(i128::from(start) - i128::from(micros) <= i128::from(MICROS_OF_A_DAY));
            prop_assert!(start > micros || start == i64::MAX);
            prop_assert!(start % MICROS_OF_A_DAY == 0 || start == i64::MAX);
        }
    }
}
