//! The last hour, divided into minutes.

use std::time::Duration;

use derslik_domain::time::Timestamp;
use derslik_ports::inbound::operators::Vitals;

/// The minutes of an hour.
const MINUTES: i64 = 60;

/// The minutes of a row of a table.
const ROW: i64 = 5;

const MICROS_OF_MINUTE: i64 = 60_000_000;

/// The samples of about a minute.
const LATELY: usize = 12;

/// What happened in a part of the hour, and how it was: at its end, or at the worst.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Part {
    seconds: f64,
    pub(super) sessions: u64,
    pub(super) courses: u64,
    pub(super) jobs: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
    took: Duration,
    slow: u64,
    waited: Duration,
    /// The most connections that were in use at the end of a sample.
    pub(super) in_use: u32,
    pub(super) pool_size: u32,
    pub(super) scheduled: u64,
    pub(super) running: u64,
    /// The longest time that a job was overdue.
    pub(super) overdue: Duration,
    pub(super) completed_jobs: u64,
    pub(super) failed_jobs: u64,
}

impl Part {
    fn add(&mut self, vitals: &Vitals) {
        self.seconds += vitals.span.as_secs_f64();
        self.sessions += vitals.sessions;
        self.courses += vitals.courses;
        self.jobs += vitals.jobs;
        self.refused += vitals.refused;
        self.failed += vitals.failed;
        self.took += vitals.took;
        self.slow += vitals.slow;
        self.waited += vitals.pool_waited;
        self.in_use = self.in_use.max(vitals.pool_in_use);
        self.pool_size = vitals.pool_size;
        self.scheduled = vitals.scheduled_jobs;
        self.running = vitals.running_jobs;
        self.overdue = self.overdue.max(vitals.overdue);
        self.completed_jobs += vitals.completed_jobs;
        self.failed_jobs += vitals.failed_jobs;
    }

    /// The requests to the three APIs.
    pub(super) const fn requests(&self) -> u64 {
        self.sessions + self.courses + self.jobs
    }

    /// How many of `count` there were in each second.
    pub(super) fn per_second(&self, count: u64) -> f64 {
        if self.seconds > 0.0 { real(count) / self.seconds } else { 0.0 }
    }

    /// The mean time of a request, in milliseconds; `None` without requests.
    pub(super) fn mean_ms(&self) -> Option<f64> {
        (self.requests() > 0).then(|| self.took.as_secs_f64() * 1_000.0 / real(self.requests()))
    }

    /// The share of the requests that took more than a tenth of a second, from 0 to 100.
    pub(super) fn slow_percent(&self) -> f64 {
        if self.requests() > 0 { 100.0 * real(self.slow) / real(self.requests()) } else { 0.0 }
    }

    /// How long units of work waited for a connection in each second, in milliseconds.
    pub(super) fn waited_ms(&self) -> f64 {
        if self.seconds > 0.0 { self.waited.as_secs_f64() * 1_000.0 / self.seconds } else { 0.0 }
    }
}

/// The last hour.
#[derive(Debug)]
pub(super) struct Hour {
    /// The first instant of the first minute.
    begin: Timestamp,
    /// The end of the last sample.
    pub(super) end: Timestamp,
    /// Its minutes; `None` for one without samples. The last one is not over yet.
    pub(super) minutes: Vec<Option<Part>>,
    /// Its parts of five minutes.
    pub(super) rows: Vec<Option<Part>>,
    /// The last minute, to the last sample.
    pub(super) lately: Part,
    /// All of it.
    pub(super) whole: Part,
}

impl Hour {
    /// The hour that ends with the minute of the last sample; `None` without samples.
    pub(super) fn of(samples: &[Vitals]) -> Option<Self> {
        let end = samples.last()?.at;
        let first = minute_of(end) + 1 - MINUTES;
        let lately = samples.get(samples.len().saturating_sub(LATELY)..).unwrap_or_default();
        Some(Self {
            begin: Timestamp::from_micros(first.saturating_mul(MICROS_OF_MINUTE)),
            end,
            minutes: divide(samples, first, 1),
            rows: divide(samples, first, ROW),
            lately: sum(lately),
            whole: sum(samples.iter().filter(|sample| minute_of(sample.at) >= first)),
        })
    }

    /// The first instant of a minute of the hour, counted from 0.
    pub(super) fn minute(&self, place: usize) -> Timestamp {
        self.begin.plus(Duration::from_secs(60 * u64::try_from(place).unwrap_or_default()))
    }

    /// The first instant of a row of five minutes, counted from 0.
    pub(super) fn row(&self, place: usize) -> Timestamp {
        self.minute(place * usize::try_from(ROW).unwrap_or_default())
    }
}

/// The minute that a sample belongs to, which covers the seconds before its end.
fn minute_of(end: Timestamp) -> i64 {
    (end.micros() - 1).div_euclid(MICROS_OF_MINUTE)
}

fn divide(samples: &[Vitals], first: i64, length: i64) -> Vec<Option<Part>> {
    let mut parts: Vec<Option<Part>> = vec![None; usize::try_from(MINUTES / length).unwrap_or_default()];
    for sample in samples {
        let place = usize::try_from((minute_of(sample.at) - first).div_euclid(length)).ok();
        if let Some(part) = place.and_then(|place| parts.get_mut(place)) {
            part.get_or_insert_default().add(sample);
        }
    }
    parts
}

fn sum<'a>(samples: impl IntoIterator<Item = &'a Vitals>) -> Part {
    let mut part = Part::default();
    samples.into_iter().for_each(|sample| part.add(sample));
    part
}

/// A count as a real number, up to four billions.
pub(super) fn real(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A sample whose span ends `second` seconds after 2026-11-25T10:00:00Z.
    pub(in crate::now) fn sample(second: u64, sessions: u64) -> Vitals {
        Vitals {
            at: "2026-11-25T10:00:00Z".parse::<Timestamp>().unwrap().plus(Duration::from_secs(second)),
            span: Duration::from_secs(5),
            sessions,
            courses: 0,
            jobs: 0,
            refused: 1,
            failed: 0,
            took: Duration::from_millis(10 * sessions),
            slow: sessions / 2,
            pool_in_use: 2,
            pool_size: 6,
            pool_waited: Duration::from_millis(10),
            scheduled_jobs: 7,
            running_jobs: 1,
            overdue: Duration::from_millis(800),
            completed_jobs: 1,
            failed_jobs: 0,
        }
    }

    #[test]
    fn samples_belong_to_the_minute_that_they_end() {
        let samples: Vec<_> = (1..=24).map(|number| sample(5 * number, number)).collect();
        let hour = Hour::of(&samples).unwrap();
        assert_eq!((hour.minutes.len(), hour.rows.len()), (60, 12));
        let sessions: Vec<_> = hour.minutes.iter().map(|part| part.map(|part| part.sessions)).skip(57).collect();
        assert_eq!(sessions, [None, Some(78), Some(222)]);
        assert_eq!(hour.minute(59), "2026-11-25T10:01:00Z".parse().unwrap());
        assert_eq!((hour.row(11), hour.rows[11].unwrap().sessions), (hour.minute(55), 300));
        assert_eq!((hour.lately.sessions, hour.whole.sessions), (222, 300));
        assert_eq!(Hour::of(&[]).map(|hour| hour.end), None);
    }

    #[test]
    fn rates_and_means_are_those_of_the_span() {
        let part = sum(&[sample(5, 10), sample(10, 20)]);
        let figures = [part.per_second(part.sessions), part.mean_ms().unwrap(), part.slow_percent(), part.waited_ms()];
        assert_eq!(figures.map(|figure| format!("{figure:.1}")), ["3.0", "10.0", "50.0", "2.0"]);
        let idle = sum(&[sample(5, 0)]);
        assert_eq!((idle.mean_ms().is_none(), idle.slow_percent() > 0.0), (true, false));
        assert!(Part::default().per_second(1) < 1.0);
    }

    #[test]
    fn samples_before_the_hour_do_not_count() {
        let hour = Hour::of(&[sample(5, 100), sample(3_660, 1)]).unwrap();
        assert_eq!(hour.whole.sessions, 1);
        assert_eq!(hour.minutes.iter().flatten().count(), 1);
    }
}
