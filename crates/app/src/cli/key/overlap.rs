//! How long an old key stays valid beside the new one, as an argument of `derslik key rotate`.

use std::time::Duration;

use derslik_ports::inbound::operators::MAX_OVERLAP;

/// The units of an overlap, each with its length in seconds. The longest comes first.
const UNITS: [(char, u64); 3] = [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60)];

/// Reads an overlap such as `24h`, `7d`, `30m` or `0`.
pub(super) fn read_overlap(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let parts = UNITS.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let parts = parts.filter(|(digits, _)| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
    let (digits, seconds) = parts.ok_or("give a number of days, hours or minutes, as 7d, 24h or 30m, or 0")?;
    let overlap = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs);
    overlap.filter(|overlap| *overlap <= MAX_OVERLAP).ok_or_else(|| format!("at most {}", shown(MAX_OVERLAP)))
}

/// An overlap as an operator would write it, in the longest unit that divides it.
pub(super) fn shown(overlap: Duration) -> String {
    let seconds = overlap.as_secs();
    let whole = UNITS.into_iter().find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit));
    whole.map_or_else(|| seconds.to_string(), |(name, unit)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_a_number_of_days_hours_or_minutes() {
        for (text, seconds) in [("0", 0), ("0h", 0), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800), ("366d", 31_622_400)] {
            assert_eq!(read_overlap(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "24", "24 h", "-1h", "+1h", "1.5h", "1w", "24H", "٧d"] {
            assert!(read_overlap(text).unwrap_err().contains("24h"), "{text}");
        }
        for text in ["367d", "99999999999999999999d", "9223372036854775807m"] {
            assert_eq!(read_overlap(text), Err("at most 366d".to_owned()), "{text}");
        }
    }

    #[test]
    fn an_overlap_is_shown_in_the_longest_unit_that_divides_it() {
        for (text, again) in [("0", "0"), ("30m", "30m"), ("90m", "90m"), ("36h", "36h"), ("24h", "1d"), ("7d", "7d")] {
            assert_eq!(shown(read_overlap(text).unwrap()), again);
        }
    }
}
