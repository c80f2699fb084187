//! Instants, civil time and time zones: how a civil time becomes an instant. Nothing here reads a clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// An instant, in whole microseconds since 1970-01-01T00:00:00Z: the precision that every supported database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first instant of the year 1 in UTC: no session starts before it.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last instant of the year 9999 in UTC: no session starts after it.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// An instant by its microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// An instant of chrono's, cut (not rounded) to the microsecond.
    pub fn from_utc(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros())
    }

    /// The same instant for chrono, or `None` outside chrono's range of a quarter of a million years.
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }

    /// The instant `minutes` earlier.
    #[must_use]
    pub const fn minutes_before(self, minutes: i64) -> Self {
        Self(self.0.saturating_sub(minutes.saturating_mul(60_000_000)))
    }

    /// The instant `span` later, cut to the microsecond.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How much later this is than `earlier`; zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }

    /// The instant as a clock in `zone` shows it.
    pub fn in_zone(self, zone: Zone) -> OffsetTime {
        let utc = self.to_utc().unwrap_or_default().naive_utc();
        let offset = zone.0.offset_from_utc_datetime(&utc).fix().local_minus_utc();
        OffsetTime::new(utc + TimeDelta::seconds(i64::from(offset)), offset)
    }
}

impl FromStr for Timestamp {
    type Err = WrittenTimeError;

    /// Reads an RFC 3339 instant, the offset included.
    fn from_str(text: &str) -> Result<Self, WrittenTimeError> {
        text.parse::<WrittenTime>()?.instant().ok_or(WrittenTimeError)
    }
}

/// An IANA time zone, such as `Europe/Istanbul`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// No zone of that name is in the IANA database that the service was built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("unknown time zone")]
pub struct ZoneError;

impl Zone {
    /// Istanbul, where the sessions API comes from: the default zone of an account.
    pub const ISTANBUL: Self = Self(Tz::Europe__Istanbul);
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of that name, in the spelling of the IANA database.
    ///
    /// # Errors
    /// [`ZoneError`] for any other text.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        name.parse().map(Self).map_err(|_| ZoneError)
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The first instant at which a clock in this zone shows `face`. For a civil time that the zone skips, it is the instant
    /// by the offset in force after the skip.
    fn resolve(self, face: NaiveDateTime) -> Timestamp {
        let offset = match self.0.offset_from_local_datetime(&face) {
            LocalResult::Single(offset) => offset.fix(),
            LocalResult::Ambiguous(one, other) => {
                // The larger offset puts the same civil time earlier.
                let (one, other) = (one.fix(), other.fix());
                if one.local_minus_utc() >= other.local_minus_utc() { one } else { other }
            }
            LocalResult::None => self.offset_after_gap(face),
        };
        Timestamp::from_utc((face - TimeDelta::seconds(i64::from(offset.local_minus_utc()))).and_utc())
    }

    fn offset_after_gap(self, face: NaiveDateTime) -> chrono::FixedOffset {
        // Most zones skip an hour; Samoa once skipped a whole day, the longest skip of any zone.
        const QUARTERS_OF_AN_HOUR_TO_TRY: i64 = 4 * 25;
        (1..=QUARTERS_OF_AN_HOUR_TO_TRY)
            .find_map(|quarters| self.0.offset_from_local_datetime(&(face + TimeDelta::minutes(15 * quarters))).earliest())
            .map_or_else(|| self.0.offset_from_utc_datetime(&face).fix(), |offset| offset.fix())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A civil time: a date of the years 1 to 9999 and a time of day to the microsecond, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime(NaiveDateTime);

impl CivilTime {
    /// A civil time of chrono's, cut to the microsecond; `None` outside the years 1 to 9999.
    pub fn from_naive(face: NaiveDateTime) -> Option<Self> {
        if !(1..=9999).contains(&face.year()) {
            return None;
        }
        face.with_nanosecond(face.nanosecond() / 1_000 * 1_000).map(Self)
    }

    /// The same civil time for chrono.
    pub const fn to_naive(self) -> NaiveDateTime {
        self.0
    }

    /// The last microsecond of the same day.
    #[must_use]
    pub fn end_of_day(self) -> Self {
        let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
        Self(self.0.date().and_time(last))
    }
}

/// A date and time as a client wrote it: a civil time and, perhaps, an offset from UTC.
///
/// The accepted forms are `YYYY-MM-DD` and `YYYY-MM-DDThh:mm[:ss[.fraction]]`, with `T`, `t` or a blank before the time and
/// up to nine decimals. The end may be empty, `Z`, `z`, `±hh`, `±hhmm` or `±hh:mm`. It prints normalised: seconds always, a
/// fraction only where it is not zero, `±hh:mm` for an offset.
///
/// ```
/// use derslik_domain::time::WrittenTime;
///
/// let written: WrittenTime = "2020-08-05T14:00Z".parse()?;
/// assert_eq!(written.to_string(), "2020-08-05T14:00:00+00:00");
/// # Ok::<(), derslik_domain::time::WrittenTimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WrittenTime {
    face: NaiveDateTime,
    civil: CivilTime,
    offset_seconds: Option<i32>,
    has_time: bool,
}

/// The text is not a date and time of the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not an ISO 8601 date and time of the years 1 to 9999, such as 2026-11-01T00:00:00Z")]
pub struct WrittenTimeError;

impl WrittenTime {
    /// The civil time, cut to the microsecond.
    pub const fn civil(self) -> CivilTime {
        self.civil
    }

    /// The instant, where an offset was written.
    pub fn instant(self) -> Option<Timestamp> {
        let offset = self.offset_seconds?;
        Some(Timestamp::from_utc((self.face - TimeDelta::seconds(i64::from(offset))).and_utc()))
    }

    /// Whether a time of day was written, not only a date.
    pub const fn has_time(self) -> bool {
        self.has_time
    }
}

impl FromStr for WrittenTime {
    type Err = WrittenTimeError;

    fn from_str(text: &str) -> Result<Self, WrittenTimeError> {
        let mut scanner = Scanner(text.as_bytes());
        scanner.written_time().filter(|_| scanner.0.is_empty()).ok_or(WrittenTimeError)
    }
}

impl fmt::Display for WrittenTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.face, self.offset_seconds)
    }
}

/// Reads digits and separators off the front of a text.
struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn written_time(&mut self) -> Option<WrittenTime> {
        let year = i32::try_from(self.digits(4)?).ok()?;
        self.mark(b"-")?;
        let month = self.digits(2)?;
        self.mark(b"-")?;
        let day = self.digits(2)?;
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        let has_time = !self.0.is_empty();
        let (time, offset_seconds) = if has_time { (self.time()?, self.offset()?) } else { (NaiveTime::MIN, None) };
        let face = date.and_time(time);
        Some(WrittenTime { face, civil: CivilTime::from_naive(face)?, offset_seconds, has_time })
    }

    fn time(&mut self) -> Option<NaiveTime> {
        self.mark(b"Tt ")?;
        let hour = self.digits(2)?;
        self.mark(b":")?;
        let minute = self.digits(2)?;
        let second = if self.mark(b":").is_some() { self.digits(2)? } else { 0 };
        let nanos = if self.mark(b".,").is_some() { self.fraction()? } else { 0 };
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
    }

    /// One to nine decimals, as nanoseconds.
    fn fraction(&mut self) -> Option<u32> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length > 9 {
            return None;
        }
        let scale = 10_u32.pow(9 - u32::try_from(length).ok()?);
        (length > 0).then(|| self.digits(length)).flatten().map(|digits| digits * scale)
    }

    /// Nothing at the end of the text, `Z`, or an offset of less than a day, as seconds east of Greenwich.
    #[expect(clippy::option_option, reason = "the outer one is failure, the inner one an offset that was not written")]
    fn offset(&mut self) -> Option<Option<i32>> {
        if self.0.is_empty() {
            return Some(None);
        }
        if self.mark(b"Zz").is_some() {
            return Some(Some(0));
        }
        let sign = if self.mark(b"+").is_some() { 1 } else { self.mark(b"-").map(|()| -1)? };
        let hours = self.digits(2)?;
        let colon = self.mark(b":").is_some();
        let minutes = if colon || !self.0.is_empty() { self.digits(2)? } else { 0 };
        let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
        (hours < 24 && minutes < 60).then_some(Some(sign * seconds))
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(count)?;
        let number = head.iter().try_fold(0_u32, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))?;
        self.0 = rest;
        Some(number)
    }

    fn mark(&mut self, any_of: &[u8]) -> Option<()> {
        let (head, rest) = self.0.split_first()?;
        any_of.contains(head).then(|| self.0 = rest)
    }
}

/// How an account reads the `Z` or the offset of a start date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum StartDateMode {
    /// The offset is ignored: the civil time is read in the session's zone, as the original service does.
    #[default]
    Civil,
    /// The offset counts: the start is that instant, shown by a clock in the session's zone. Without an offset, as `Civil`.
    Instant,
}

/// When a session starts: a civil time, its zone, and the instant that both make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Start {
    civil: CivilTime,
    zone: Zone,
    instant: Timestamp,
}

impl Start {
    /// The start at which clocks in `zone` show `civil`. A civil time that the zone shows twice means the first one. One
    /// that the zone skips is read by the offset in force after the skip.
    ///
    /// ```
    /// use derslik_domain::time::{Start, WrittenTime, Zone};
    ///
    /// let berlin = Zone::parse("Europe/Berlin")?;
    /// let skipped: WrittenTime = "2027-03-28T02:30:00".parse()?;
    /// assert_eq!(Start::at(skipped.civil(), berlin).to_string(), "2027-03-28T02:30:00+02:00");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(civil: CivilTime, zone: Zone) -> Self {
        Self { civil, zone, instant: zone.resolve(civil.0) }
    }

    /// The start that a client wrote, read as `mode` says. `None` where the civil time in the zone or in UTC lies outside
    /// the years 1 to 9999: not every store can keep or sort it.
    pub fn from_written(written: WrittenTime, zone: Zone, mode: StartDateMode) -> Option<Self> {
        match (mode, written.instant()) {
            (StartDateMode::Instant, Some(instant)) => Self::from_instant(instant, zone),
            (StartDateMode::Instant, None) | (StartDateMode::Civil, _) => Self::at(written.civil(), zone).in_range(),
        }
    }

    fn from_instant(instant: Timestamp, zone: Zone) -> Option<Self> {
        let civil = CivilTime::from_naive(instant.in_zone(zone).face)?;
        Self { civil, zone, instant }.in_range()
    }

    fn in_range(self) -> Option<Self> {
        (Timestamp::MIN..=Timestamp::MAX).contains(&self.instant).then_some(self)
    }

    /// A start as it was stored. The stored instant counts, even if the rules of the zone have changed since.
    pub const fn from_stored(civil: CivilTime, zone: Zone, instant: Timestamp) -> Self {
        Self { civil, zone, instant }
    }

    /// The same start moved to another zone: the civil time stays (`Civil`) or the instant stays (`Instant`). `None` as for
    /// [`Start::from_written`].
    #[must_use]
    pub fn moved_to(self, zone: Zone, mode: StartDateMode) -> Option<Self> {
        match mode {
            StartDateMode::Civil => Self::at(self.civil, zone).in_range(),
            StartDateMode::Instant => Self::from_instant(self.instant, zone),
        }
    }

    /// Whether the start prints as `written`: the same civil time, with the offset that makes it the same instant.
    pub fn is_written_as(self, written: WrittenTime) -> bool {
        written.civil() == self.civil && written.instant() == Some(self.instant)
    }

    /// The civil time.
    pub const fn civil(self) -> CivilTime {
        self.civil
    }

    /// The zone whose clocks show it.
    pub const fn zone(self) -> Zone {
        self.zone
    }

    /// The instant.
    pub const fn instant(self) -> Timestamp {
        self.instant
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let as_if_utc = self.civil.0.and_utc().timestamp_micros();
        let offset = (as_if_utc - self.instant.0) / 1_000_000;
        OffsetTime::new(self.civil.0, i32::try_from(offset).unwrap_or_default()).fmt(f)
    }
}

/// A civil time with its offset from UTC, which prints as `2025-02-06T16:07:35.488565+03:00`. It prints seconds always, a
/// fraction of up to six decimals only where it is not zero and without trailing zeros, never `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetTime {
    face: NaiveDateTime,
    offset_seconds: i32,
}

impl OffsetTime {
    const fn new(face: NaiveDateTime, offset_seconds: i32) -> Self {
        Self { face, offset_seconds }
    }

    /// The civil time.
    pub const fn face(self) -> NaiveDateTime {
        self.face
    }

    /// The seconds by which the civil time is ahead of UTC.
    pub const fn offset_seconds(self) -> i32 {
        self.offset_seconds
    }
}

impl fmt::Display for OffsetTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.face, Some(self.offset_seconds))
    }
}

/// The characters of a printed time. Each answer has many times, and formatting the numbers one by one takes several times
/// as long.
struct Letters {
    bytes: [u8; 40],
    length: usize,
}

impl Letters {
    fn mark(&mut self, mark: u8) {
        if let Some(byte) = self.bytes.get_mut(self.length) {
            *byte = mark;
            self.length += 1;
        }
    }

    /// The last `count` digits of a number.
    fn digits(&mut self, number: u32, count: u32) {
        for place in (0..count).rev() {
            let digit = number / 10_u32.pow(place) % 10;
            self.mark(b'0' + u8::try_from(digit).unwrap_or_default());
        }
    }
}

fn write_time(f: &mut fmt::Formatter<'_>, face: NaiveDateTime, offset_seconds: Option<i32>) -> fmt::Result {
    let (date, time) = (face.date(), face.time());
    let mut letters = Letters { bytes: [0; 40], length: 0 };
    match u32::try_from(date.year()) {
        Ok(year @ 0..10_000) => letters.digits(year, 4),
        _ => write!(f, "{:04}", date.year())?,
    }
    for (mark, number) in [(b'-', date.month()), (b'-', date.day()), (b'T', time.hour()), (b':', time.minute()), (b':', time.second())] {
        letters.mark(mark);
        letters.digits(number, 2);
    }
    let mut fraction = time.nanosecond();
    if fraction != 0 {
        let mut digits = 9;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            digits -= 1;
        }
        letters.mark(b'.');
        letters.digits(fraction, digits);
    }
    if let Some(seconds) = offset_seconds {
        let minutes = seconds.unsigned_abs() / 60;
        letters.mark(if seconds < 0 { b'-' } else { b'+' });
        letters.digits(minutes / 60, 2);
        letters.mark(b':');
        letters.digits(minutes % 60, 2);
    }
    let written = letters.bytes.get(..letters.length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    f.write_str(written.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn civil(text: &str) -> CivilTime {
        text.parse::<WrittenTime>().unwrap().civil()
    }

    fn start(text: &str, zone: &str) -> Start {
        Start::at(civil(text), Zone::parse(zone).unwrap())
    }

    #[rstest]
    #[case("2025-08-05T12:00:00Z", "2025-08-05T12:00:00+00:00")]
    #[case("2025-08-05t12:00:00z", "2025-08-05T12:00:00+00:00")]
    #[case("2025-08-05 12:00", "2025-08-05T12:00:00")]
    #[case("2025-08-05", "2025-08-05T00:00:00")]
    #[case("2025-08-05T12:00:00.500+03", "2025-08-05T12:00:00.5+03:00")]
    #[case("2025-08-05T12:00:00.000-0330", "2025-08-05T12:00:00-03:30")]
    #[case("2025-08-05T12:00:00.123456789+05:45", "2025-08-05T12:00:00.123456789+05:45")]
    #[case("2024-02-29T23:59:59,25", "2024-02-29T23:59:59.25")]
    #[case("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00")]
    #[case("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00")]
    fn reads_every_usual_form_and_prints_it_normalised(#[case] written: &str, #[case] printed: &str) {
        assert_eq!(written.parse::<WrittenTime>().unwrap().to_string(), printed);
    }

    #[rstest]
    #[case("")]
    #[case("tomorrow")]
    #[case("2025-8-5T12:00:00Z")]
    #[case("2025-02-29T12:00:00Z")]
    #[case("2025-08-05T24:00:00Z")]
    #[case("2025-08-05T12:60:00Z")]
    #[case("2025-08-05T12:00:60Z")]
    #[case("2025-08-05T12:00:00.Z")]
    #[case("2025-08-05T12:00:00.1234567890Z")]
    #[case("2025-08-05T12:00:00+24:00")]
    #[case("2025-08-05T12:00:00+03:60")]
    #[case("2025-08-05T12:00:00+03:")]
    #[case("2025-08-05T12:00:00 +03:00")]
    #[case("2025-08-05T12:00:00Zs")]
    #[case("0000-08-05T12:00:00Z")]
    #[case("10000-08-05T12:00:00Z")]
    #[case("+10000-08-05T12:00:00Z")]
    #[case("٢٠٢٥-08-05T12:00:00Z")]
    fn refuses_what_is_no_date_and_time(#[case] text: &str) {
        assert_eq!(text.parse::<WrittenTime>(), Err(WrittenTimeError));
    }

    #[rstest]
    #[case("2025-08-05T12:00:00", "Europe/Istanbul", "2025-08-05T12:00:00+03:00", "2025-08-05T09:00:00Z")]
    #[case("2025-08-05T12:00:00", "Asia/Riyadh", "2025-08-05T12:00:00+03:00", "2025-08-05T09:00:00Z")]
    #[case("2025-08-05T12:00:00", "America/St_Johns", "2025-08-05T12:00:00-02:30", "2025-08-05T14:30:00Z")]
    #[case("2025-01-05T12:00:00.25", "Europe/Berlin", "2025-01-05T12:00:00.25+01:00", "2025-01-05T11:00:00.25Z")]
    // Skipped in spring: the offset in force afterwards.
    #[case("2025-03-30T02:30:00", "Europe/Berlin", "2025-03-30T02:30:00+02:00", "2025-03-30T00:30:00Z")]
    #[case("2025-10-05T02:15:00", "Australia/Lord_Howe", "2025-10-05T02:15:00+11:00", "2025-10-04T15:15:00Z")]
    #[case("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-30T12:00:00+14:00", "2011-12-29T22:00:00Z")]
    // Repeated in autumn: the first of the two.
    #[case("2025-10-26T02:30:00", "Europe/Berlin", "2025-10-26T02:30:00+02:00", "2025-10-26T00:30:00Z")]
    fn a_clock_face_becomes_an_instant(#[case] face: &str, #[case] zone: &str, #[case] printed: &str, #[case] instant: &str) {
        let start = start(face, zone);
        assert_eq!(start.to_string(), printed);
        assert_eq!(start.instant(), instant.parse().unwrap());
    }

    #[test]
    fn moving_a_start_keeps_the_clock_face_or_the_instant() {
        let start = start("2025-08-05T12:00:00", "Europe/Istanbul");
        let dubai = Zone::parse("Asia/Dubai").unwrap();
        let moved = |mode| start.moved_to(dubai, mode).unwrap().to_string();
        assert_eq!(moved(StartDateMode::Civil), "2025-08-05T12:00:00+04:00");
        assert_eq!(moved(StartDateMode::Instant), "2025-08-05T13:00:00+04:00");
    }

    #[test]
    fn in_instant_mode_an_offset_counts_and_its_absence_means_the_zone() {
        let read = |text: &str| Start::from_written(text.parse().unwrap(), Zone::ISTANBUL, StartDateMode::Instant).unwrap().to_string();
        assert_eq!(read("2025-08-05T12:00:00Z"), "2025-08-05T15:00:00+03:00");
        assert_eq!(read("2025-08-05T12:00:00"), "2025-08-05T12:00:00+03:00");
    }

    #[test]
    fn spans_are_added_and_measured_without_running_over() {
        let (noon, later) = (Timestamp::from_micros(12), Timestamp::from_micros(15));
        assert_eq!(noon.plus(Duration::from_nanos(3_999)), later);
        assert_eq!((later.since(noon), noon.since(later)), (Duration::from_micros(3), Duration::ZERO));
        assert_eq!(later.plus(Duration::MAX), Timestamp::from_micros(i64::MAX));
        assert_eq!(later.since(Timestamp::from_micros(i64::MIN)), Duration::from_micros(i64::MAX.unsigned_abs()));
    }

    #[test]
    fn an_instant_prints_with_up_to_six_decimals() {
        let instant: Timestamp = "2025-02-06T13:07:35.488565999Z".parse().unwrap();
        assert_eq!(instant.in_zone(Zone::ISTANBUL).to_string(), "2025-02-06T16:07:35.488565+03:00");
        let whole: Timestamp = "2025-02-06T13:07:35.5Z".parse().unwrap();
        assert_eq!(whole.in_zone(Zone::UTC).to_string(), "2025-02-06T13:07:35.5+00:00");
    }

    // By the civil time, by the instant.
    #[rstest]
    #[case("0001-01-01T00:00:00Z", "Asia/Tokyo", false, true)]
    #[case("0001-01-01T00:00:00Z", "America/New_York", true, false)]
    #[case("9999-12-31T23:59:59Z", "Asia/Tokyo", true, false)]
    #[case("9999-12-31T23:59:59Z", "America/New_York", false, true)]
    fn a_start_outside_the_years_1_to_9999_on_either_clock_is_none(
        #[case] written: &str,
        #[case] zone: &str,
        #[case] by_face: bool,
        #[case] by_instant: bool,
    ) {
        let zone = Zone::parse(zone).unwrap();
        for (mode, fits) in [(StartDateMode::Civil, by_face), (StartDateMode::Instant, by_instant)] {
            assert_eq!(Start::from_written(written.parse().unwrap(), zone, mode).is_some(), fits, "{mode:?}");
            assert_eq!(Start::at(civil(written), Zone::UTC).moved_to(zone, mode).is_some(), fits, "{mode:?}");
        }
    }

    fn any_zone() -> impl Strategy<Value = Zone> {
        prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()).prop_map(Zone)
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = text.parse::<WrittenTime>();
        }

        #[test]
        fn what_was_printed_is_read_back_the_same(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let printed = Timestamp::from_micros(micros).in_zone(Zone::UTC).to_string();
            prop_assert_eq!(printed.parse::<Timestamp>().unwrap().micros(), micros);
        }

        #[test]
        fn an_instant_shown_in_a_zone_resolves_to_no_later_instant(micros in 0_i64..4_102_444_800_000_000, zone in any_zone()) {
            // Equal unless the zone shows this civil time twice; then the first one is meant.
            let start = Start::from_instant(Timestamp::from_micros(micros), zone).unwrap();
            let resolved = Start::at(start.civil(), zone);
            prop_assert!(resolved.instant() <= start.instant());
            prop_assert_eq!(resolved.civil(), start.civil());
        }

        #[test]
        fn the_printed_offset_leads_back_to_the_instant(micros in 0_i64..4_102_444_800_000_000, zone in any_zone()) {
            let start = Start::at(CivilTime::from_naive(Timestamp::from_micros(micros).to_utc().unwrap().naive_utc()).unwrap(), zone);
            // Offsets print in minutes; a few zones once had seconds in theirs.
            let printed: Timestamp = start.to_string().parse().unwrap();
            prop_assert!((printed.micros() - start.instant().micros()).abs() < 60_000_000);
        }
    }
}
