//! Dates and times as people type them.

use chrono::{NaiveDateTime, Timelike};

/// A typed date and time in the form that the domain reads. `25.11.2026 9:30` becomes `2026-11-25T09:30`, and Arabic digits become those
/// of the wire. Any other text stays as it is.
pub(super) fn written(text: &str) -> String {
    let text: String = text.trim().chars().map(wire_digit).collect();
    let (date, time) = text.split_once([' ', 'T', 't']).map_or((text.as_str(), ""), |(date, time)| (date, time.trim_start()));
    let Some(date) = iso_date(date) else { return text };
    if time.is_empty() {
        return date;
    }
    let zero = if time.as_bytes().get(1) == Some(&b':') { "0" } else { "" };
    format!("{date}T{zero}{time}")
}

/// A date that is typed with the year first and hyphens, or with the day first and points.
fn iso_date(text: &str) -> Option<String> {
    let is_number = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = |mark: char| {
        let mut parts = text.split(mark);
        let three = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(three)
    };
    let (year, month, day) = match (parts('-'), parts('.')) {
        (Some(parts), _) => parts,
        (None, Some((day, month, year))) => (year, month, day),
        (None, None) => return None,
    };
    let is_date = year.len() == 4 && is_number(year, 4) && is_number(month, 2) && is_number(day, 2);
    is_date.then(|| format!("{year}-{month:0>2}-{day:0>2}"))
}

/// A digit as the wire has it, for one of Arabic or Persian; any other character as it is.
fn wire_digit(letter: char) -> char {
    let value = ['\u{660}', '\u{6f0}'].into_iter().find_map(|zero| u32::from(letter).checked_sub(zero.into()).filter(|value| *value < 10));
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(letter)
}

/// A civil time as it can be typed: `2026-11-25 09:30`, with seconds where there are some.
pub(super) fn typed(face: NaiveDateTime) -> String {
    let is_whole = face.second() == 0 && face.nanosecond() == 0;
    if is_whole { face.format("%Y-%m-%d %H:%M").to_string() } else { face.format("%Y-%m-%d %H:%M:%S%.f").to_string() }
}

#[cfg(test)]
mod tests {
    use derslik_domain::time::WrittenTime;

    use super::*;

    #[test]
    fn dates_may_be_typed_with_the_day_or_the_year_first() {
        for (text, expected) in [
            (" 2026-11-25 10:30 ", "2026-11-25T10:30"),
            ("25.11.2026 9:30", "2026-11-25T09:30"),
            ("5.1.2026", "2026-01-05"),
            ("٢٥.١١.٢٠٢٦ ٠٩:٣٠", "2026-11-25T09:30"),
            ("2026-11-25T10:30:15Z", "2026-11-25T10:30:15Z"),
            ("2026-11-25T10:30:15+03:00", "2026-11-25T10:30:15+03:00"),
        ] {
            assert_eq!(written(text), expected, "{text}");
            assert!(expected.parse::<WrittenTime>().is_ok(), "{expected}");
        }
        for other in ["", "tomorrow", "25.11", "25.11.26", "1.2.3.2026", "aa.bb.cccc"] {
            assert_eq!(written(other), other);
        }
    }

    #[test]
    fn a_stored_time_is_read_back_as_it_was_shown() {
        for face in ["2026-11-25T10:30:00", "2026-11-25T10:30:15", "2026-11-25T10:30:15.25"] {
            let civil = face.parse::<WrittenTime>().unwrap().civil();
            assert_eq!(written(&typed(civil.to_naive())).parse::<WrittenTime>().unwrap().civil(), civil);
        }
    }
}
