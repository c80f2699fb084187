//! The shapes of charts: paths in a field of 600 by 120 units, where a minute is 10 units wide.

use std::fmt::Write;

use crate::locale::Language;

const HEIGHT: f64 = 120.0;

/// The width of a minute.
pub(super) const MINUTE: usize = 10;

/// The lines of a field above its base.
const LINES: u32 = 4;

/// The values that the lines of a field stand for. It begins with 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// The difference between two lines.
    step: f64,
    /// The digits behind the point of the step.
    digits: usize,
}

impl Scale {
    /// The smallest scale with room for `most`. Its lines are `least` apart or more, and at round values: at whole ones if `least` is.
    pub(super) fn of(most: f64, least: f64) -> Self {
        for exponent in -2..10 {
            let unit = 10_f64.powi(exponent);
            for (factor, more_digits) in [(1.0, 0), (1.5, 1), (2.0, 0), (2.5, 1), (3.0, 0), (4.0, 0), (5.0, 0), (6.0, 0), (8.0, 0)] {
                let (step, digits) = (unit * factor, usize::try_from(more_digits - exponent).unwrap_or_default());
                // What a real number is off by must not lead to the next step.
                let has_room = step * 1.000_001 >= least && step * f64::from(LINES) * 1.000_001 >= most;
                if has_room && (digits == 0 || least < 1.0) {
                    return Self { step, digits };
                }
            }
        }
        Self { step: most.max(1.0), digits: 0 }
    }

    /// The values of the lines, the highest first.
    pub(super) fn labels(self, language: Language) -> Vec<String> {
        (0..=LINES).rev().map(|line| language.decimal(self.step * f64::from(line), self.digits)).collect()
    }

    /// Where a value is, from the top, to a tenth of a unit.
    fn y(self, value: f64) -> f64 {
        let share = (value / (self.step * f64::from(LINES))).clamp(0.0, 1.0);
        ((1.0 - share) * HEIGHT * 10.0).round() / 10.0
    }
}

/// A line through the middle of each minute. It has a gap where there is no value.
pub(super) fn line(values: &[Option<f64>], scale: Scale) -> String {
    path(values, scale, false)
}

/// The area below such a line.
pub(super) fn area(values: &[Option<f64>], scale: Scale) -> String {
    path(values, scale, true)
}

fn path(values: &[Option<f64>], scale: Scale, is_area: bool) -> String {
    let (mut path, mut x) = (String::new(), 0);
    for run in values.chunk_by(|one, other| one.is_some() == other.is_some()) {
        let begin = x;
        x += MINUTE * run.len();
        let heights: Vec<f64> = run.iter().flatten().map(|value| scale.y(*value)).collect();
        let Some((first, rest)) = heights.split_first() else { continue };
        // Writing to a string never fails.
        let _ = write!(path, "M{begin} {}h5", tenths(*first));
        let mut last = *first;
        for (place, height) in rest.iter().enumerate() {
            let rise = tenths(height - last);
            let _ = write!(path, "{}{MINUTE}{}{rise}", if place == 0 { "l" } else { " " }, if rise.starts_with('-') { "" } else { " " });
            last = *height;
        }
        path.push_str("h5");
        if is_area {
            let _ = write!(path, "V120H{begin}z");
        }
    }
    path
}

/// A bar for each minute, from the one value to the other.
pub(super) fn bars(values: &[(f64, f64)], scale: Scale) -> String {
    let mut path = String::new();
    for (place, (from, to)) in values.iter().enumerate() {
        let (bottom, top) = (scale.y(*from), scale.y(*to));
        if bottom > top {
            let _ = write!(path, "M{} {}h6v{}h-6z", place * MINUTE + 2, tenths(top), tenths(bottom - top));
        }
    }
    path
}

/// A level line at a value.
pub(super) fn level(value: f64, scale: Scale) -> String {
    format!("M0 {}H600", tenths(scale.y(value)))
}

/// A number to a tenth, as short as a path may write it.
fn tenths(number: f64) -> String {
    let text = format!("{number:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
        (Some(tenth), _) => format!(".{tenth}"),
        (_, Some(tenth)) => format!("-.{tenth}"),
        _ if text == "-0" => "0".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(most: f64, least: f64) -> Vec<String> {
        Scale::of(most, least).labels(Language::English)
    }

    #[test]
    fn a_scale_has_round_values_and_room_for_the_most() {
        assert_eq!(labels(42.6, 0.05), ["60", "45", "30", "15", "0"]);
        assert_eq!(labels(0.0, 0.05), ["0.20", "0.15", "0.10", "0.05", "0.00"]);
        assert_eq!(labels(0.2, 0.01), ["0.20", "0.15", "0.10", "0.05", "0.00"]);
        assert_eq!(labels(1.7, 0.01), ["2.0", "1.5", "1.0", "0.5", "0.0"]);
        assert_eq!(labels(0.0, 1.0), ["4", "3", "2", "1", "0"]);
        assert_eq!(labels(6.0, 1.0), ["8", "6", "4", "2", "0"]);
        assert_eq!(labels(10_000.0, 1.0).first().map(String::as_str), Some("10,000"));
        assert_eq!(labels(f64::NAN, 1.0).len(), 5);
    }

    #[test]
    fn a_line_has_a_gap_where_there_is_no_value() {
        let scale = Scale::of(4.0, 1.0);
        let values = [None, Some(4.0), Some(3.0), Some(3.99), None, Some(0.0)];
        assert_eq!(line(&values, scale), "M10 0h5l10 30 10-29.7h5M50 120h5h5");
        assert_eq!(area(&values, scale), "M10 0h5l10 30 10-29.7h5V120H10zM50 120h5h5V120H50z");
        assert_eq!(line(&[None, None], scale), "");
    }

    #[test]
    fn bars_stand_on_each_other() {
        let scale = Scale::of(4.0, 1.0);
        assert_eq!(bars(&[(0.0, 1.0), (0.0, 0.0), (1.0, 4.0)], scale), "M2 90h6v30h-6zM22 0h6v90h-6z");
        assert_eq!(level(3.0, scale), "M0 30H600");
    }

    #[test]
    fn numbers_of_paths_are_short() {
        let numbers = [0.0, -0.04, 0.5, -0.5, 12.04, -3.16].map(tenths);
        assert_eq!(numbers, ["0", "0", ".5", "-.5", "12", "-3.2"]);
    }
}
