//! The charts of the last hour: each answers one question by a figure, a picture, a sentence and a table.

use derslik_domain::time::{Timestamp, Zone};

use super::plot::{MINUTE, Scale, area, bars, level, line};
use super::window::{Hour, Part, real};
use crate::locale::{Language, clock};
use crate::texts::Texts;

/// The smallest difference of two lines for requests a second.
const LEAST_RATE: f64 = 0.05;

/// A chart.
#[derive(Debug, Default)]
pub(super) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) keys: Vec<Key>,
    /// The figures above it, each with its unit.
    pub(super) figures: Vec<(String, String)>,
    /// What stands behind the figures.
    pub(super) more: String,
    /// Whether it is as wide as the page.
    pub(super) is_wide: bool,
    /// The values of its lines, the highest first.
    pub(super) labels: Vec<String>,
    /// What it shows, for those who do not see it.
    pub(super) sentence: String,
    /// Its paths in the order in which they are drawn, with their classes.
    pub(super) shapes: Vec<(&'static str, String)>,
    /// The values of each minute as a text, with the place of the minute.
    pub(super) hits: Vec<(usize, String)>,
    /// The times below it.
    pub(super) times: Vec<String>,
    pub(super) caption: String,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<(String, Vec<String>)>,
}

/// The name of a series, with what it is drawn by.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) label: String,
    /// The class of its line, or of its bar.
    pub(super) class: &'static str,
    /// The class of its area, if it has one.
    pub(super) fill: &'static str,
    pub(super) is_bar: bool,
}

/// How a chart is written.
#[derive(Debug)]
pub(super) struct Style {
    pub(super) t: Texts,
    pub(super) language: Language,
    pub(super) zone: Zone,
}

impl Style {
    fn clock(&self, at: Timestamp) -> String {
        clock(at.in_zone(self.zone).face())
    }

    fn number(&self, number: u64) -> String {
        self.language.number(number)
    }

    /// With a digit behind the point, or two below 1.
    fn decimal(&self, number: f64) -> String {
        self.language.decimal(number, if number > 0.0 && number < 1.0 { 2 } else { 1 })
    }
}

/// All charts, the widest first.
pub(super) fn of(hour: &Hour, style: &Style) -> Vec<Chart> {
    [requests, latency, errors, queue, pool].map(|chart| chart(hour, style)).into()
}

/// The values of the minutes.
fn values(hour: &Hour, value: impl Fn(&Part) -> Option<f64>) -> Vec<Option<f64>> {
    hour.minutes.iter().map(|part| part.as_ref().and_then(&value)).collect()
}

/// The greatest value of a minute, and the time of it.
fn peak(hour: &Hour, style: &Style, value: impl Fn(&Part) -> f64) -> (f64, String) {
    let found = hour.minutes.iter().enumerate().filter_map(|(place, part)| Some((place, value(part.as_ref()?))));
    let (place, most) = found.fold((0, 0.0), |most, next| if next.1 > most.1 { next } else { most });
    (most, style.clock(hour.minute(place)))
}

fn hits(hour: &Hour, style: &Style, text: impl Fn(String, &Part) -> String) -> Vec<(usize, String)> {
    let minutes = hour.minutes.iter().enumerate();
    minutes.filter_map(|(place, part)| Some((place * MINUTE, text(style.clock(hour.minute(place)), part.as_ref()?)))).collect()
}

fn rows(hour: &Hour, style: &Style, cells: impl Fn(&Part) -> Vec<String>) -> Vec<(String, Vec<String>)> {
    let rows = hour.rows.iter().enumerate();
    rows.filter_map(|(place, part)| Some((style.clock(hour.row(place)), cells(part.as_ref()?)))).collect()
}

/// The times below a chart, `minutes` minutes apart.
fn times(hour: &Hour, style: &Style, minutes: usize) -> Vec<String> {
    (0..=hour.minutes.len()).step_by(minutes).map(|place| style.clock(hour.minute(place))).collect()
}

fn requests(hour: &Hour, style: &Style) -> Chart {
    let t = style.t;
    let all = |part: &Part| part.per_second(part.requests());
    let (most, at) = peak(hour, style, all);
    let scale = Scale::of(most, LEAST_RATE);
    // The series lie on each other: what is drawn first shows above what is drawn later.
    let two = |part: &Part| Some(part.per_second(part.sessions + part.courses));
    let stacked = [values(hour, |part| Some(all(part))), values(hour, two), values(hour, |part| Some(part.per_second(part.courses)))];
    let areas = ["ar c", "ar a", "ar b"].into_iter().zip(stacked.iter().map(|series| area(series, scale)));
    let lines = ["ln c", "ln a", "ln b"].into_iter().zip(stacked.iter().map(|series| line(series, scale)));
    let each = |part: &Part| [part.sessions, part.courses, part.jobs].map(|count| style.decimal(part.per_second(count)));
    let [sessions, courses, jobs] = each(&hour.lately);
    let key = |label, class, fill| Key { label, class, fill, is_bar: false };
    let now = style.decimal(all(&hour.lately));
    Chart {
        id: "requests",
        title: t.now_requests(),
        keys: vec![
            key(t.now_key_jobs(jobs), "ln c", "fc"),
            key(t.now_key_sessions(sessions), "ln a", "fa"),
            key(t.now_key_courses(courses), "ln b", "fb"),
        ],
        figures: vec![(now.clone(), t.now_requests_unit())],
        more: t.now_requests_more(style.number(hour.whole.requests())),
        is_wide: true,
        labels: scale.labels(style.language),
        sentence: t.now_requests_sentence(at, style.decimal(most), now),
        shapes: areas.chain(lines).collect(),
        hits: hits(hour, style, |at, part| {
            let [sessions, courses, jobs] = each(part);
            t.now_requests_hit(at, courses, jobs, sessions)
        }),
        times: times(hour, style, 15),
        caption: t.now_requests_caption(),
        heads: vec![t.shell_sessions(), t.shell_courses(), t.shell_jobs()],
        rows: rows(hour, style, |part| each(part).into()),
    }
}

fn latency(hour: &Hour, style: &Style) -> Chart {
    let t = style.t;
    let (most, at) = peak(hour, style, |part| part.mean_ms().unwrap_or_default());
    let scale = Scale::of(most, 1.0);
    // Without requests there is no mean: a dash stands for it.
    let mean = |part: &Part| part.mean_ms().map_or_else(|| "–".to_owned(), |mean| style.decimal(mean));
    let (now, slow) = (mean(&hour.lately), style.decimal(hour.whole.slow_percent()));
    Chart {
        id: "latency",
        title: t.now_latency(),
        figures: vec![(now.clone(), t.now_latency_unit()), (slow.clone(), t.now_slow_unit())],
        labels: scale.labels(style.language),
        sentence: t.now_latency_sentence(at, style.decimal(most), now, slow),
        shapes: vec![("ln a", line(&values(hour, Part::mean_ms), scale))],
        hits: hits(hour, style, |at, part| t.now_latency_hit(at, mean(part), style.decimal(part.slow_percent()))),
        times: times(hour, style, 30),
        caption: t.now_latency_caption(),
        heads: vec![t.now_latency_head(), t.now_slow_head()],
        rows: rows(hour, style, |part| vec![mean(part), style.decimal(part.slow_percent())]),
        ..Chart::default()
    }
}

fn errors(hour: &Hour, style: &Style) -> Chart {
    let t = style.t;
    let (most, _) = peak(hour, style, |part| real(part.refused + part.failed));
    let scale = Scale::of(most, 1.0);
    let refused: Vec<_> = hour.minutes.iter().map(|part| (0.0, part.map_or(0.0, |part| real(part.refused)))).collect();
    let failed: Vec<_> =
        hour.minutes.iter().map(|part| part.map_or((0.0, 0.0), |part| (real(part.refused), real(part.refused + part.failed)))).collect();
    let each = |part: &Part| [part.refused, part.failed].map(|count| style.number(count));
    let [of_callers, of_service] = each(&hour.whole);
    let key = |label, class| Key { label, class, fill: "", is_bar: true };
    Chart {
        id: "errors",
        title: t.now_errors(),
        keys: vec![key(t.now_refused(), "bar4"), key(t.now_failed(), "bar5")],
        figures: vec![(of_service.clone(), t.now_failed_unit()), (of_callers.clone(), t.now_refused_unit())],
        more: t.now_in_last_hour(),
        labels: scale.labels(style.language),
        sentence: t.now_errors_sentence(of_service, of_callers),
        shapes: vec![("bar4", bars(&refused, scale)), ("bar5", bars(&failed, scale))],
        hits: hits(hour, style, |at, part| {
            let [refused, failed] = each(part);
            t.now_errors_hit(at, failed, refused)
        }),
        times: times(hour, style, 30),
        caption: t.now_errors_caption(),
        heads: vec![t.now_refused(), t.now_failed()],
        rows: rows(hour, style, |part| each(part).into()),
        ..Chart::default()
    }
}

fn queue(hour: &Hour, style: &Style) -> Chart {
    let t = style.t;
    let (most, at) = peak(hour, style, |part| real(part.scheduled.max(part.running)));
    let scale = Scale::of(most, 1.0);
    let (scheduled, running) = (values(hour, |part| Some(real(part.scheduled))), values(hour, |part| Some(real(part.running))));
    let overdue = |part: &Part| style.decimal(part.overdue.as_secs_f64());
    let each = |part: &Part| [part.scheduled, part.running].map(|count| style.number(count));
    let ended = |part: &Part| [part.completed_jobs, part.failed_jobs].map(|count| style.number(count));
    let ([waiting, run], [completed, failed]) = (each(&hour.lately), ended(&hour.whole));
    let key = |label, class, fill| Key { label, class, fill, is_bar: false };
    Chart {
        id: "queue",
        title: t.now_queue(),
        keys: vec![key(t.now_waiting(), "ln a", "fa"), key(t.now_running(), "ln b dash", "")],
        figures: vec![(waiting.clone(), t.now_waiting_unit()), (overdue(&hour.lately), t.now_overdue_unit())],
        more: t.now_queue_more(completed, failed, run),
        labels: scale.labels(style.language),
        sentence: t.now_queue_sentence(at, style.language.decimal(most, 0), waiting, overdue(&hour.whole)),
        shapes: vec![("ar a", area(&scheduled, scale)), ("ln a", line(&scheduled, scale)), ("ln b dash", line(&running, scale))],
        hits: hits(hour, style, |at, part| {
            let [scheduled, running] = each(part);
            t.now_queue_hit(at, overdue(part), running, scheduled)
        }),
        times: times(hour, style, 30),
        caption: t.now_queue_caption(),
        heads: vec![t.now_waiting(), t.now_running(), t.now_overdue_head(), t.now_completed_head(), t.now_failed_head()],
        rows: rows(hour, style, |part| {
            let ([scheduled, running], [completed, failed]) = (each(part), ended(part));
            vec![scheduled, running, overdue(part), completed, failed]
        }),
        ..Chart::default()
    }
}

fn pool(hour: &Hour, style: &Style) -> Chart {
    let t = style.t;
    let (most, at) = peak(hour, style, |part| f64::from(part.in_use));
    let size = hour.lately.pool_size;
    let scale = Scale::of(most.max(f64::from(size)), 1.0);
    let in_use = values(hour, |part| Some(f64::from(part.in_use)));
    let count = |count: u32| style.number(count.into());
    let waited = |part: &Part| style.decimal(part.waited_ms());
    Chart {
        id: "pool",
        title: t.now_pool(),
        figures: vec![(count(hour.lately.in_use), t.now_pool_unit(count(size))), (waited(&hour.lately), t.now_waited_unit())],
        more: t.now_pool_more(),
        labels: scale.labels(style.language),
        sentence: t.now_pool_sentence(at, style.language.decimal(most, 0), count(hour.lately.in_use), count(size)),
        shapes: vec![("ar b", area(&in_use, scale)), ("ln b", line(&in_use, scale)), ("goal", level(f64::from(size), scale))],
        hits: hits(hour, style, |at, part| t.now_pool_hit(at, count(part.in_use), waited(part))),
        times: times(hour, style, 30),
        caption: t.now_pool_caption(),
        heads: vec![t.now_pool_head(), t.now_waited_head()],
        rows: rows(hour, style, |part| vec![count(part.in_use), waited(part)]),
        ..Chart::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::now::window::tests::sample;

    fn charts(language: Language) -> Vec<Chart> {
        let samples: Vec<_> = (1..=24).map(|number| sample(5 * number, 10)).collect();
        let style = Style { t: Texts::of(language), language, zone: Zone::ISTANBUL };
        of(&Hour::of(&samples).unwrap(), &style)
    }

    #[test]
    fn each_chart_has_a_figure_a_sentence_a_picture_and_a_table() {
        for language in Language::ALL {
            let charts = charts(language);
            assert_eq!(charts.iter().map(|chart| chart.id).collect::<Vec<_>>(), ["requests", "latency", "errors", "queue", "pool"]);
            for chart in charts {
                assert!(!chart.figures.is_empty() && !chart.sentence.is_empty() && !chart.shapes.is_empty(), "{chart:?}");
                assert_eq!((chart.labels.len(), chart.hits.len(), chart.rows.len()), (5, 2, 1), "{chart:?}");
                assert!(chart.rows.iter().all(|(_, cells)| cells.len() == chart.heads.len()), "{chart:?}");
                assert!(!format!("{chart:?}").contains("now-"), "{chart:?}");
            }
        }
    }

    #[test]
    fn times_are_those_of_the_zone_and_values_those_of_the_minute() {
        let charts = charts(Language::English);
        let requests = &charts[0];
        assert_eq!(requests.figures, [("2.0".to_owned(), "requests/s".to_owned())]);
        assert_eq!(requests.times, ["12:02", "12:17", "12:32", "12:47", "13:02"]);
        assert_eq!(requests.hits[1], (590, "13:01: sessions 2.0, courses 0.0, jobs 0.0 requests/s".to_owned()));
        assert_eq!(requests.rows[0].0, "12:57");
        let [latency, errors, queue, pool] = &charts[1..] else { panic!("other charts") };
        assert_eq!(latency.figures[0].0, "10.0");
        assert_eq!(errors.rows[0].1, ["24", "0"]);
        assert_eq!(queue.rows[0].1, ["7", "1", "0.80", "24", "0"]);
        assert_eq!(pool.hits[0].1, "13:00: 2 in use, 2.0 ms of waiting in a second");
    }

    #[test]
    fn an_hour_of_samples_makes_short_paths() {
        let samples: Vec<_> = (1..=720).map(|number| sample(5 * number, number % 97)).collect();
        let style = Style { t: Texts::of(Language::English), language: Language::English, zone: Zone::UTC };
        let paths: usize =
            of(&Hour::of(&samples).unwrap(), &style).iter().flat_map(|chart| &chart.shapes).map(|(_, path)| path.len()).sum();
        assert!(paths < 10_000, "{paths}");
    }
}
