//! The results of a run, as tables for readers and as JSON for programs. This module must not know how the figures were
//! measured, and a report holds nothing that identifies a machine.

mod table;

use serde::Serialize;

use self::table::{Table, number};

/// The median of several values, and their spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// The median.
    pub(crate) median: f64,
    /// The minimum.
    pub(crate) min: f64,
    /// The maximum.
    pub(crate) max: f64,
}

/// All results of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The machine of the run.
    pub(crate) machine: Machine,
    /// How often each load was measured.
    pub(crate) rounds: u32,
    /// How long each load was measured in each round, in seconds.
    pub(crate) seconds: f64,
    /// The number of jobs in each queue.
    pub(crate) jobs: u32,
    /// The cost of the service without load.
    pub(crate) footprint: Vec<Footprint>,
    /// The results of each load.
    pub(crate) loads: Vec<LoadReport>,
    /// The results of loads compared with each other.
    pub(crate) ratios: Vec<Ratio>,
    /// The loads that could not be measured on this machine, and the reasons.
    pub(crate) left_out: Vec<String>,
}

/// The machine and the versions of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// The number of cores that the database, the server and the generator share.
    pub(crate) cores: usize,
    /// The operating system.
    pub(crate) system: &'static str,
    /// The kind of processor.
    pub(crate) processor: &'static str,
    /// The version of PostgreSQL.
    pub(crate) postgresql: String,
    /// The version of the service.
    pub(crate) service: &'static str,
}

/// A figure that does not belong to a load.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Footprint {
    /// Its name for programs.
    pub(crate) name: &'static str,
    /// Its name for readers.
    pub(crate) title: &'static str,
    /// The unit of the figure.
    pub(crate) unit: &'static str,
    /// The figure.
    pub(crate) value: Spread,
    /// The goal: the value should not exceed it.
    pub(crate) goal: Option<f64>,
}

/// The results of a load. CPU times are microseconds per request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoadReport {
    /// Its name for programs.
    pub(crate) name: &'static str,
    /// Its name for readers.
    pub(crate) title: &'static str,
    /// The number of connections, or of workers, at the same time.
    pub(crate) connections: usize,
    /// The absolute goal of the load.
    pub(crate) goal: Option<Goal>,
    /// The figures of all rounds together.
    pub(crate) summary: Summary,
    /// The figures of each round.
    pub(crate) rounds: Vec<Figures>,
}

/// An absolute goal of a load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// At least this many requests a second.
    Rate(f64),
    /// 99 of 100 requests within this many milliseconds.
    P99(f64),
}

/// The results of a load in one round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figures {
    /// Answered requests a second.
    pub(crate) requests_per_second: f64,
    /// Rows a second, where a request has several.
    pub(crate) rows_per_second: Option<f64>,
    /// Half of the requests were answered within these milliseconds.
    pub(crate) p50_ms: Option<f64>,
    /// 99 of 100 requests were answered within these milliseconds.
    pub(crate) p99_ms: Option<f64>,
    /// The CPU time of the server that answers, if there is one.
    pub(crate) server_cpu_us: Option<f64>,
    /// The CPU time of all processes of the database.
    pub(crate) database_cpu_us: f64,
    /// The CPU time of the load generator.
    pub(crate) generator_cpu_us: f64,
    /// The peak of the server's memory.
    pub(crate) server_peak_mib: Option<f64>,
    /// The number of cores that other programs kept busy.
    pub(crate) other_cores: f64,
}

/// The [`Figures`] of all rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Summary {
    requests_per_second: Spread,
    rows_per_second: Option<Spread>,
    p50_ms: Option<Spread>,
    p99_ms: Option<Spread>,
    server_cpu_us: Option<Spread>,
    database_cpu_us: Spread,
    generator_cpu_us: Spread,
    server_peak_mib: Option<Spread>,
    other_cores: Spread,
}

/// One load compared with another, within each round.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ratio {
    /// The load that has the goal.
    pub(crate) load: &'static str,
    /// The load to compare it with.
    pub(crate) limit: &'static str,
    /// The ratio of their rates.
    pub(crate) value: Spread,
    /// The ratio that would result if only CPU time limited the rates. It does not depend on the disk or on other programs of the
    /// machine.
    pub(crate) by_cpu: Spread,
    /// The goal: the ratio should not be lower.
    pub(crate) goal: Option<f64>,
}

impl Spread {
    /// The spread of some values; `None` when there are none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let upper = *values.get(values.len() / 2)?;
        let lower = *values.get((values.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

impl Summary {
    /// The summary of some rounds; `None` when there are none.
    pub(crate) fn of(rounds: &[Figures]) -> Option<Self> {
        let spread = |figure: fn(&Figures) -> f64| Spread::of(rounds.iter().map(figure));
        let spread_of_some = |figure: fn(&Figures) -> Option<f64>| Spread::of(rounds.iter().filter_map(figure));
        Some(Self {
            requests_per_second: spread(|figures| figures.requests_per_second)?,
            rows_per_second: spread_of_some(|figures| figures.rows_per_second),
            p50_ms: spread_of_some(|figures| figures.p50_ms),
            p99_ms: spread_of_some(|figures| figures.p99_ms),
            server_cpu_us: spread_of_some(|figures| figures.server_cpu_us),
            database_cpu_us: spread(|figures| figures.database_cpu_us)?,
            generator_cpu_us: spread(|figures| figures.generator_cpu_us)?,
            server_peak_mib: spread_of_some(|figures| figures.server_peak_mib),
            other_cores: spread(|figures| figures.other_cores)?,
        })
    }
}

impl LoadReport {
    /// The goal in words, and whether it is reached.
    fn judged(&self) -> Option<(String, bool)> {
        match self.goal? {
            Goal::Rate(goal) => Some((format!("≥ {}/s", number(goal)), self.summary.requests_per_second.median >= goal)),
            Goal::P99(goal) => Some((format!("p99 ≤ {} ms", number(goal)), self.summary.p99_ms?.median <= goal)),
        }
    }
}

impl Ratio {
    /// One load over another; `None` unless both were measured.
    pub(crate) fn of(load: &LoadReport, limit: &LoadReport, goal: Option<f64>) -> Option<Self> {
        let rounds = || load.rounds.iter().zip(&limit.rounds);
        let value = Spread::of(rounds().map(|(load, limit)| load.rate() / limit.rate()))?;
        let by_cpu = Spread::of(rounds().map(|(load, limit)| limit.cpu() / load.cpu()))?;
        Some(Self { load: load.name, limit: limit.name, value, by_cpu, goal })
    }
}

impl Figures {
    /// Rows a second, or requests where a request is one row.
    fn rate(&self) -> f64 {
        self.rows_per_second.unwrap_or(self.requests_per_second)
    }

    /// The CPU time of server, database and generator together, for each unit of [`Figures::rate`].
    fn cpu(&self) -> f64 {
        let request = self.server_cpu_us.unwrap_or_default() + self.database_cpu_us + self.generator_cpu_us;
        request * self.requests_per_second / self.rate()
    }
}

impl Report {
    /// The report as plain text.
    pub(crate) fn text(&self) -> String {
        self.tables().iter().fold(self.conditions(), |text, table| text + "\n\n" + &table.text())
    }

    /// The report as Markdown.
    pub(crate) fn markdown(&self) -> String {
        self.tables().iter().fold(self.conditions(), |text, table| text + "\n\n" + &table.markdown())
    }

    fn conditions(&self) -> String {
        let Machine { cores, system, processor, postgresql, service } = &self.machine;
        let others = self.loads.iter().flat_map(|load| &load.rounds).map(|figures| figures.other_cores);
        let others = Spread::of(others)
            .map_or_else(String::new, |others| format!(" Other programs kept {} of the cores busy meanwhile.", spread_text(others)));
        let left_out = self.left_out.iter().fold(String::new(), |text, what| text + "\nLeft out: " + what);
        format!(
            "Derslik {service}, PostgreSQL {postgresql}, {system} on {processor}, {cores} cores for everything; {} rounds of {} s, or of {} jobs, for each load.\n\
             Median of the rounds, least and most in brackets. CPU in µs a request.{others}{left_out}",
            self.rounds,
            self.seconds,
            number(self.jobs.into())
        )
    }

    fn tables(&self) -> Vec<Table> {
        let tables = [self.load_table(), self.ratio_table(), self.footprint_table()];
        tables.into_iter().filter(|table| !table.is_empty()).collect()
    }

    fn load_table(&self) -> Table {
        let mut table = Table::new(&[
            "load",
            "connections",
            "requests/s",
            "rows/s",
            "p50 ms",
            "p99 ms",
            "CPU server",
            "CPU database",
            "CPU generator",
            "peak MiB",
            "goal",
        ]);
        for load in &self.loads {
            let summary = &load.summary;
            let median = |spread: Option<Spread>| spread.map_or_else(|| "–".to_owned(), |spread| number(spread.median));
            table.push(vec![
                load.title.to_owned(),
                load.connections.to_string(),
                spread_text(summary.requests_per_second),
                median(summary.rows_per_second),
                median(summary.p50_ms),
                median(summary.p99_ms),
                median(summary.server_cpu_us),
                median(Some(summary.database_cpu_us)),
                median(Some(summary.generator_cpu_us)),
                median(summary.server_peak_mib),
                goal_text(load.judged()),
            ]);
        }
        table
    }

    fn ratio_table(&self) -> Table {
        let mut table = Table::new(&["ratio", "rate", "by CPU", "goal for the rate"]);
        for ratio in &self.ratios {
            let title = |name| self.loads.iter().find(|load| load.name == name).map_or(name, |load| load.title);
            let goal = ratio.goal.map(|goal| (format!("≥ {}", number(goal)), ratio.value.median >= goal));
            table.push(vec![
                format!("{} / {}", title(ratio.load), title(ratio.limit)),
                spread_text(ratio.value),
                spread_text(ratio.by_cpu),
                goal_text(goal),
            ]);
        }
        table
    }

    fn footprint_table(&self) -> Table {
        let mut table = Table::new(&["start and memory", "value", "goal"]);
        for footprint in &self.footprint {
            let goal = footprint.goal.map(|goal| (format!("≤ {} {}", number(goal), footprint.unit), footprint.value.median <= goal));
            table.push(vec![footprint.title.to_owned(), format!("{} {}", spread_text(footprint.value), footprint.unit), goal_text(goal)]);
        }
        table
    }
}

fn spread_text(spread: Spread) -> String {
    if spread.min.total_cmp(&spread.max).is_eq() {
        return number(spread.median);
    }
    format!("{} ({}–{})", number(spread.median), number(spread.min), number(spread.max))
}

fn goal_text(goal: Option<(String, bool)>) -> String {
    goal.map_or_else(|| "–".to_owned(), |(goal, reached)| format!("{goal}: {}", if reached { "reached" } else { "missed" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: &'static str, rates: &[f64]) -> LoadReport {
        let rounds: Vec<_> = rates
            .iter()
            .map(|rate| Figures {
                requests_per_second: *rate,
                rows_per_second: Some(rate * 100.0),
                p50_ms: Some(1.5),
                p99_ms: Some(20.25),
                server_cpu_us: None,
                database_cpu_us: 1234.5,
                generator_cpu_us: 9.0,
                server_peak_mib: None,
                other_cores: 0.25,
            })
            .collect();
        LoadReport { name, title: name, connections: 4, goal: Some(Goal::Rate(35.0)), summary: Summary::of(&rounds).unwrap(), rounds }
    }

    fn report() -> Report {
        let (batch, limit) = (load("batch", &[30.0, 10.0, 50.0]), load("limit", &[60.0, 40.0, 50.0]));
        let ratios = vec![Ratio::of(&batch, &limit, Some(0.6)).unwrap()];
        let machine = Machine { cores: 2, system: "linux", processor: "x86_64", postgresql: "15.18".to_owned(), service: "0.1.0" };
        let value = Spread { median: 250.0, min: 200.0, max: 310.0 };
        let footprint = vec![Footprint { name: "ready", title: "ready", unit: "ms", value, goal: Some(300.0) }];
        Report {
            machine,
            rounds: 3,
            seconds: 2.0,
            jobs: 100,
            footprint,
            loads: vec![batch, limit],
            ratios,
            left_out: vec!["the rest".to_owned()],
        }
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 10.0]), Some(Spread { median: 3.0, min: 1.0, max: 10.0 }));
        assert_eq!(Spread::of([5.0]), Some(Spread { median: 5.0, min: 5.0, max: 5.0 }));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        assert_eq!(report().ratios[0].value, Spread { median: 0.5, min: 0.25, max: 1.0 });
    }

    #[test]
    fn time_is_compared_for_each_row() {
        let limit = load("limit", &[1.0]).rounds[0];
        let doubled = Figures { server_cpu_us: Some(1243.5), ..limit };
        let larger = Figures { rows_per_second: Some(200.0), ..doubled };
        let ratios = Spread::of([limit.cpu() / doubled.cpu(), limit.cpu() / larger.cpu()]);
        assert_eq!(ratios, Some(Spread { median: 0.75, min: 0.5, max: 1.0 }));
    }

    #[test]
    fn text_and_markdown_tell_the_same() {
        let report = report();
        assert!(report.text().contains("batch / limit  0.50 (0.25–1.00)  1.00    ≥ 0.60: missed"), "{}", report.text());
        let markdown = report.markdown();
        assert!(markdown.contains("| batch / limit | 0.50 (0.25–1.00) | 1.00 | ≥ 0.60: missed |"), "{markdown}");
        assert!(markdown.contains("| ready | 250 (200–310) ms | ≤ 300 ms: reached |"), "{markdown}");
        assert!(
            markdown.contains("| limit | 4 | 50.0 (40.0–60.0) | 5 000 | 1.50 | 20.2 | – | 1 234 | 9.00 | – | ≥ 35.0/s: reached |"),
            "{markdown}"
        );
    }
}
