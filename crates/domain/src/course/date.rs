//! Dates without a time of day. They have no zone: the caller decides which day it is where.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::form::Field;
use crate::time::Timestamp;

/// A day of the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarDate(NaiveDate);

/// The numbers are not a day of the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not a day of the years 1 to 9999")]
pub struct DateError;

/// A date as a client sent it, in three numbers, not validated yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DateForm {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day of the month, from 1.
    pub day: i64,
}

impl CalendarDate {
    /// The day of that year, month and day of the month.
    ///
    /// # Errors
    /// [`DateError`] if the calendar has no such day.
    pub fn new(year: i64, month: i64, day: i64) -> Result<Self, DateError> {
        let year = i32::try_from(year).ok().filter(|year| (1..=9999).contains(year));
        let month = u32::try_from(month).ok();
        let day = u32::try_from(day).ok();
        let date = year.zip(month).zip(day).and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day));
        date.map(Self).ok_or(DateError)
    }

    /// A date of chrono's, or `None` outside the years 1 to 9999.
    pub fn from_naive(date: NaiveDate) -> Option<Self> {
        (1..=9999).contains(&date.year()).then_some(Self(date))
    }

    /// The day of an instant in UTC, or `None` outside the years 1 to 9999.
    pub fn of_utc(instant: Timestamp) -> Option<Self> {
        instant.to_utc().map(|instant| instant.date_naive()).and_then(Self::from_naive)
    }

    /// The same date for chrono.
    pub const fn to_naive(self) -> NaiveDate {
        self.0
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, from 1.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u32 {
        self.0.day()
    }
}

impl TryFrom<DateForm> for CalendarDate {
    type Error = DateError;

    fn try_from(form: DateForm) -> Result<Self, DateError> {
        Self::new(form.year, form.month, form.day)
    }
}

impl From<CalendarDate> for Field<DateForm> {
    fn from(date: CalendarDate) -> Self {
        Self::Given(DateForm { year: date.year().into(), month: date.month().into(), day: date.day().into() })
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(2024, 2, 29, "2024-02-29")]
    #[case(1, 1, 1, "0001-01-01")]
    #[case(9999, 12, 31, "9999-12-31")]
    fn takes_days_of_the_calendar(#[case] year: i64, #[case] month: i64, #[case] day: i64, #[case] printed: &str) {
        assert_eq!(CalendarDate::new(year, month, day).unwrap().to_string(), printed);
    }

    #[test]
    fn a_day_ends_at_midnight_in_utc() {
        let day = |text: &str| CalendarDate::of_utc(text.parse().unwrap()).unwrap().to_string();
        assert_eq!((day("2026-11-29T23:59:59.999999Z"), day("2026-11-30T00:00:00Z")), ("2026-11-29".to_owned(), "2026-11-30".to_owned()));
        assert_eq!(day("2026-11-30T02:00:00+03:00"), "2026-11-29");
        assert_eq!(CalendarDate::of_utc(Timestamp::from_micros(i64::MIN)), None);
    }

    #[rstest]
    fn refuses_days_that_the_calendar_does_not_have(
        #[values((2023, 2, 29), (0, 1, 1), (10_000, 1, 1), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0), (-1, 1, 1), (2024, 1, i64::MAX))]
        day: (i64, i64, i64),
    ) {
        assert_eq!(CalendarDate::new(day.0, day.1, day.2), Err(DateError));
    }
}
