//! Numbers, dates and times as each language writes them.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};
use derslik_domain::time::{Timestamp, Zone};

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Turkish,
    Arabic,
}

const MONTHS: [[&str; 12]; 3] = [
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    ["Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"],
    ["يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"],
];

/// Monday first.
const DAYS: [[&str; 7]; 3] = [
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    ["Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"],
    ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
];

impl Language {
    /// Every language, in the order in which pages name them.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::Turkish, Self::Arabic];

    /// The code of the language, as in an attribute `lang`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Turkish => "tr",
            Self::Arabic => "ar",
        }
    }

    /// The name of the language in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Turkish => "Türkçe",
            Self::Arabic => "العربية",
        }
    }

    /// What stands for the language where room is scarce.
    pub(crate) const fn short(self) -> &'static str {
        match self {
            Self::English => "EN",
            Self::Turkish => "TR",
            Self::Arabic => "ع",
        }
    }

    /// The language of that code.
    pub(crate) fn by_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The first known language that the header `Accept-Language` names; English without one.
    pub(crate) fn accepted(header: &str) -> Self {
        let named = header.split(',').filter_map(|part| part.split([';', '-']).next());
        named.map(str::trim).find_map(|code| Self::by_code(&code.to_ascii_lowercase())).unwrap_or(Self::English)
    }

    /// Whether lines begin at the right.
    pub(crate) const fn is_rtl(self) -> bool {
        matches!(self, Self::Arabic)
    }

    /// The direction of lines, as in an attribute `dir`.
    pub(crate) const fn dir(self) -> &'static str {
        if self.is_rtl() { "rtl" } else { "ltr" }
    }

    /// The day on which a week begins.
    pub(crate) const fn first_weekday(self) -> Weekday {
        match self {
            Self::English | Self::Turkish => Weekday::Mon,
            Self::Arabic => Weekday::Sun,
        }
    }

    /// Whether people rest on that day.
    pub(crate) const fn is_weekend(self, day: Weekday) -> bool {
        match self {
            Self::English | Self::Turkish => matches!(day, Weekday::Sat | Weekday::Sun),
            Self::Arabic => matches!(day, Weekday::Fri | Weekday::Sat),
        }
    }

    const fn of<'t, const N: usize>(self, table: &'t [[&'static str; N]; 3]) -> &'t [&'static str; N] {
        let [english, turkish, arabic] = table;
        match self {
            Self::English => english,
            Self::Turkish => turkish,
            Self::Arabic => arabic,
        }
    }

    /// The short name of a month, counted from 0.
    fn month(self, month0: u32) -> &'static str {
        usize::try_from(month0).ok().and_then(|month| self.of(&MONTHS).get(month).copied()).unwrap_or_default()
    }

    /// The short name of a day of the week.
    pub(crate) fn weekday(self, day: Weekday) -> &'static str {
        usize::try_from(day.num_days_from_monday()).ok().and_then(|day| self.of(&DAYS).get(day).copied()).unwrap_or_default()
    }

    /// A whole number with its groups of thousands.
    pub(crate) fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut grouped = String::with_capacity(digits.len() * 4 / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(if self == Self::Turkish { '.' } else { ',' });
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A number with that many digits after the mark.
    pub(crate) fn decimal(self, number: f64, digits: usize) -> String {
        let text = format!("{:.digits$}", number.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| self.number(whole));
        let mark = if self == Self::Turkish { "," } else { "." };
        let sign = if number < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { "-" } else { "" };
        if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{mark}{rest}") }
    }

    /// A date with its year, as `25 Nov 2026`.
    pub(crate) fn date(self, date: NaiveDate) -> String {
        format!("{} {} {}", date.day(), self.month(date.month0()), date.year())
    }

    /// A date of the present year, as `25 Nov`.
    pub(crate) fn day(self, date: NaiveDate) -> String {
        format!("{} {}", date.day(), self.month(date.month0()))
    }

    /// An instant for a list, in that zone: the time alone today, with the day of the week within six days, else the date.
    pub(crate) fn when(self, at: Timestamp, now: Timestamp, zone: Zone) -> String {
        let (at, today) = (at.in_zone(zone).face(), now.in_zone(zone).face().date());
        let days = at.date().signed_duration_since(today).num_days();
        match days {
            0 => clock_seconds(at),
            -6..=6 => format!("{} {}", self.weekday(at.weekday()), clock(at)),
            _ if at.year() == today.year() => format!("{} {}", self.day(at.date()), clock(at)),
            _ => self.date(at.date()),
        }
    }

    /// An instant in full, in that zone: `25 Nov 2026 10:24:07`.
    pub(crate) fn moment(self, at: Timestamp, zone: Zone) -> String {
        let at = at.in_zone(zone).face();
        format!("{} {}", self.date(at.date()), clock_seconds(at))
    }
}

/// Hours and minutes, as `10:24`.
pub(crate) fn clock(face: NaiveDateTime) -> String {
    format!("{:02}:{:02}", face.hour(), face.minute())
}

/// Hours, minutes and seconds, as `10:24:07`.
pub(crate) fn clock_seconds(face: NaiveDateTime) -> String {
    format!("{:02}:{:02}:{:02}", face.hour(), face.minute(), face.second())
}

/// The offset of a zone at an instant, as `+03:00`.
pub(crate) fn offset(at: Timestamp, zone: Zone) -> String {
    let seconds = at.in_zone(zone).offset_seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_marks_of_their_language() {
        let all = Language::ALL;
        assert_eq!(all.map(|language| language.number(1_234_567)), ["1,234,567", "1.234.567", "1,234,567"]);
        assert_eq!(all.map(|language| language.decimal(1_234.56, 1)), ["1,234.6", "1.234,6", "1,234.6"]);
        assert_eq!([0.0, -0.04, -2.0].map(|number| Language::English.decimal(number, 1)), ["0.0", "0.0", "-2.0"]);
    }

    #[test]
    fn a_time_is_as_long_as_it_needs_to_be() {
        let zone = Zone::ISTANBUL;
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-25T10:24:07+03:00");
        let when = |text| Language::English.when(at(text), now, zone);
        assert_eq!(when("2026-11-25T03:00:00+03:00"), "03:00:00");
        assert_eq!(when("2026-11-26T03:00:00+03:00"), "Thu 03:00");
        assert_eq!(when("2026-12-26T03:00:00+03:00"), "26 Dec 03:00");
        assert_eq!(when("2027-12-26T03:00:00+03:00"), "26 Dec 2027");
        assert_eq!(Language::Turkish.moment(now, zone), "25 Kas 2026 10:24:07");
        assert_eq!((offset(now, zone), offset(now, Zone::UTC)), ("+03:00".to_owned(), "+00:00".to_owned()));
    }

    #[test]
    fn the_language_is_the_first_known_one_that_a_browser_accepts() {
        for (header, expected) in [
            ("", Language::English),
            ("tr-TR,tr;q=0.9,en;q=0.8", Language::Turkish),
            ("de, AR;q=0.5", Language::Arabic),
            ("fr", Language::English),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
