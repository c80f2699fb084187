//! Times that are relative to now, as people write them in the content of a test. Nothing here reads a clock.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use crate::time::{CivilTime, Start, Timestamp, WrittenTime, Zone};

/// A time that is relative to now, or an instant.
///
/// | text | meaning |
/// |---|---|
/// | `now` | now |
/// | `+90m`, `-2h`, `+3d`, `+1w` | so much later or earlier |
/// | `today 09:00`, `tomorrow 14:30`, `yesterday 08:00`, `+3d 09:00` | a time of that day in the zone of the account |
/// | `2025-02-06T16:07:35+03:00` | an instant |
///
/// ```
/// use derslik_domain::relative::RelativeTime;
/// use derslik_domain::time::{Timestamp, Zone};
///
/// let now: Timestamp = "2025-02-06T13:07:35Z".parse()?;
/// let at = "tomorrow 09:00".parse::<RelativeTime>()?.resolve(now, Zone::ISTANBUL);
/// assert_eq!(at, Some("2025-02-07T09:00:00+03:00".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum RelativeTime {
    /// Some minutes later.
    After {
        /// The minutes; fewer than zero for earlier.
        minutes: i64,
    },
    /// At a time of a day in a zone.
    OnDay {
        /// How many days later that day is.
        days: i64,
        /// The minutes of that day before the time.
        minute: u32,
    },
    /// An instant.
    At(Timestamp),
}

/// The text is not a relative time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a time such as `tomorrow 09:00`, `+3d 14:30`, `+90m` or `2025-02-06T16:07:35+03:00`")]
pub struct RelativeTimeError;

/// The minutes of an hour, a day and a week.
const UNITS: [(char, i64); 4] = [('m', 1), ('h', 60), ('d', 24 * 60), ('w', 7 * 24 * 60)];
const DAY: i64 = 24 * 60;

impl RelativeTime {
    /// The instant, or `None` outside the years 1 to 9999.
    pub fn resolve(self, now: Timestamp, zone: Zone) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(at),
            Self::After { minutes } => {
                let at = now.minutes_before(minutes.checked_neg()?);
                (Timestamp::MIN..=Timestamp::MAX).contains(&at).then_some(at)
            }
            Self::OnDay { days, minute } => {
                let day = civil(now, zone)?.date().checked_add_signed(TimeDelta::try_days(days)?)?;
                let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0)?;
                Some(Start::at(CivilTime::from_naive(day.and_time(time))?, zone).instant())
            }
        }
    }

    /// An instant as a time of a day relative to now. One with seconds stays an instant.
    pub fn of(at: Timestamp, now: Timestamp, zone: Zone) -> Self {
        let days_and_minute = || {
            let (today, then) = (civil(now, zone)?, civil(at, zone)?);
            let is_whole = then.second() == 0 && then.nanosecond() == 0;
            is_whole.then(|| Self::OnDay { days: (then.date() - today.date()).num_days(), minute: then.hour() * 60 + then.minute() })
        };
        // An hour that the zone shows twice is written as an instant.
        days_and_minute().filter(|relative| relative.resolve(now, zone) == Some(at)).unwrap_or(Self::At(at))
    }
}

/// What a clock in that zone shows.
fn civil(at: Timestamp, zone: Zone) -> Option<NaiveDateTime> {
    let written: WrittenTime = at.in_zone(zone).to_string().parse().ok()?;
    Some(written.civil().to_naive())
}

/// The minutes that a text such as `+3d` names.
fn minutes(text: &str) -> Option<i64> {
    match text {
        "now" | "today" => return Some(0),
        "tomorrow" => return Some(DAY),
        "yesterday" => return Some(-DAY),
        _ => {}
    }
    let (sign, rest) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (None, Some(rest)) => (-1, rest),
        (None, None) => return None,
    };
    let (unit, length) = UNITS.into_iter().find(|(unit, _)| rest.ends_with(*unit))?;
    let number = rest.strip_suffix(unit)?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse::<i64>().ok().filter(|_| digits)?.checked_mul(length)?.checked_mul(sign)
}

/// The minutes of a day before a time such as `09:30`.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let is_number = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (hour, minute): (u32, u32) =
        if is_number(hour) && is_number(minute) { (hour.parse().ok()?, minute.parse().ok()?) } else { return None };
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl FromStr for RelativeTime {
    type Err = RelativeTimeError;

    fn from_str(text: &str) -> Result<Self, RelativeTimeError> {
        let text = text.trim();
        if let Some((day, time)) = text.split_once(' ') {
            let minutes = minutes(day).filter(|minutes| minutes % DAY == 0 && day != "now").ok_or(RelativeTimeError)?;
            let minute = minute_of_day(time.trim()).ok_or(RelativeTimeError)?;
            return Ok(Self::OnDay { days: minutes / DAY, minute });
        }
        if let Some(minutes) = minutes(text).filter(|_| text == "now" || text.starts_with(['+', '-'])) {
            return Ok(Self::After { minutes });
        }
        text.parse().map(Self::At).map_err(|_| RelativeTimeError)
    }
}

impl fmt::Display for RelativeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::After { minutes } => write!(f, "{minutes:+}m"),
            Self::OnDay { days, minute } => {
                match days {
                    0 => f.write_str("today")?,
                    1 => f.write_str("tomorrow")?,
                    days => write!(f, "{days:+}d")?,
                }
                write!(f, " {:02}:{:02}", minute / 60, minute % 60)
            }
            Self::At(at) => at.in_zone(Zone::UTC).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2025-02-06T22:07:35Z".parse().unwrap()
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // It is the 7th in Istanbul already.
        for (text, expected) in [
            ("today 09:00", "2025-02-07T09:00:00+03:00"),
            ("tomorrow 00:00", "2025-02-08T00:00:00+03:00"),
            ("-7d 23:59", "2025-01-31T23:59:00+03:00"),
            ("+1w 08:30", "2025-02-14T08:30:00+03:00"),
            ("now", "2025-02-06T22:07:35Z"),
            ("+90m", "2025-02-06T23:37:35Z"),
            ("-2h", "2025-02-06T20:07:35Z"),
            ("2025-02-06T16:07:35+03:00", "2025-02-06T13:07:35Z"),
        ] {
            let at = text.parse::<RelativeTime>().unwrap().resolve(now(), Zone::ISTANBUL);
            assert_eq!(at, Some(expected.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_time_is_refused() {
        for text in ["", "today", "9:00", "tomorrow 9:00", "now 09:00", "+3", "+3y", "+-3d", "+90m 09:00", "tomorrow 24:00", "soon"] {
            assert_eq!(text.parse::<RelativeTime>(), Err(RelativeTimeError), "{text}");
        }
    }

    #[test]
    fn an_instant_comes_back_from_its_text() {
        for at in ["2025-02-07T09:00:00+03:00", "2024-01-01T00:00:00Z", "2025-02-06T13:07:35.488565Z"] {
            let at: Timestamp = at.parse().unwrap();
            let text = RelativeTime::of(at, now(), Zone::ISTANBUL).to_string();
            assert_eq!(text.parse::<RelativeTime>().unwrap().resolve(now(), Zone::ISTANBUL), Some(at), "{text}");
        }
    }
}
