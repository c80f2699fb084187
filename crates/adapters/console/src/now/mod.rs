//! What the process does now, and did in the last hour. The page shows it without a script, and one stream of events renews its parts.
//!
//! | file | content |
//! |---|---|
//! | `window` | the last hour, divided into minutes |
//! | `plot` | the shapes of charts |
//! | `charts` | the charts, with their texts and tables |
//! | `health` | the parts of the process |
//! | `side` | what falls due next, and the work that waits |
//! | `live` | the stream of events |

mod charts;
mod health;
mod live;
mod plot;
mod side;
mod window;

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use derslik_domain::id::AccountId;
use derslik_domain::time::Zone;
use derslik_ports::StoreError;
use derslik_ports::inbound::HealthService;
use derslik_ports::inbound::operators::{BacklogReading, DueReading, VitalsReading};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::locale::{Language, clock_seconds};
use crate::ports::TimeOf;
use crate::shell::{Section, Shell};
use crate::texts::Texts;
use crate::visit::Visit;

use charts::Chart;
use health::Line;
use side::Side;
use window::Hour;

/// How many things that fall due are shown.
const DUE: u32 = 8;

/// How long the page waits for the database. What did not come by then is shown as unknown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.route("/now", web::get().to(show)).route("/now/live", web::get().to(live::live));
}

#[derive(Template)]
#[template(path = "now/page.html")]
struct NowPage {
    shell: Shell,
    t: Texts,
    live_url: String,
    /// The address of this page.
    here: String,
    zone: &'static str,
    as_of: String,
    health: Vec<Line>,
    charts: Vec<Chart>,
    side: Side,
    base: String,
}

async fn show(visit: Visit) -> Result<HttpResponse, Failure> {
    let source = Source::of(&visit)?;
    let shell = Shell::of(&visit, Section::Now, visit.t.shell_now()).await?;
    let (health, side) = tokio::join!(source.health(), source.side());
    let hour = source.hour();
    // Samples are taken in real time, which a clock that tests move does not show.
    let end = hour.as_ref().map_or(visit.now, |hour| hour.end);
    visit.page(&NowPage {
        shell,
        t: visit.t,
        live_url: visit.url("now/live"),
        here: visit.here(),
        zone: source.zone.name(),
        as_of: visit.t.now_as_of(clock_seconds(end.in_zone(source.zone).face())),
        health,
        charts: source.charts(hour.as_ref()),
        side,
        base: source.base,
    })
}

/// What the page reads, for a visitor.
struct Source {
    t: Texts,
    language: Language,
    zone: Zone,
    account: AccountId,
    /// The address of the account, with a slash at its end.
    base: String,
    health: Arc<dyn HealthService>,
    vitals: Arc<dyn VitalsReading>,
    backlog: Arc<dyn BacklogReading>,
    due: Arc<dyn DueReading>,
    time_of: TimeOf,
}

impl Source {
    fn of(visit: &Visit) -> Result<Self, Failure> {
        let ports = visit.ports()?;
        Ok(Self {
            t: visit.t,
            language: visit.language,
            zone: visit.account.zone,
            account: visit.account.id,
            base: visit.url(""),
            health: Arc::clone(&ports.health),
            vitals: Arc::clone(&ports.vitals),
            backlog: Arc::clone(&ports.backlog),
            due: visit.operators()?.due,
            time_of: Arc::clone(&ports.time_of),
        })
    }

    async fn health(&self) -> Vec<Line> {
        health::lines(&self.health.readiness().await.parts, self.t)
    }

    fn hour(&self) -> Option<Hour> {
        Hour::of(&self.vitals.last_hour())
    }

    /// The charts of an hour; empty before the first sample.
    fn charts(&self, hour: Option<&Hour>) -> Vec<Chart> {
        let style = charts::Style { t: self.t, language: self.language, zone: self.zone };
        hour.map(|hour| charts::of(hour, &style)).unwrap_or_default()
    }

    async fn side(&self) -> Side {
        let now = (self.time_of)(self.account);
        let style = side::Style { t: self.t, language: self.language, zone: self.zone, now, base: &self.base };
        let (due, backlog) =
            tokio::join!(timeout(PATIENCE, self.due.upcoming(self.account, DUE)), timeout(PATIENCE, self.backlog.backlog()));
        Side {
            due: due.ok().and_then(known).map(|due| side::due(&due, &style)),
            backlog: backlog.ok().and_then(known).map(|backlog| side::backlog(&backlog, &style)),
        }
    }
}

/// What a read found. A failure is logged: the rest of the page is worth more than that.
fn known<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!(%error, "a part of a page of the console could not be read")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::now::live::{ChartsPart, HealthPart, SidePart};
    use crate::now::side::Due;

    #[test]
    fn texts_of_others_are_escaped() {
        let (hostile, t) = (|| r#"<script>"'&"#.to_owned(), Texts::of(Language::Arabic));
        let line = Line { name: hostile(), icon: "done", class: "ok", state: hostile(), found: hostile() };
        let due = Due { when: hostile(), url: hostile(), title: hostile(), detail: hostile() };
        let side = Side { due: Some(vec![due]), backlog: Some(vec![(hostile(), hostile())]) };
        let chart = Chart { title: hostile(), sentence: hostile(), hits: vec![(0, hostile())], ..Chart::default() };
        let pages = [
            HealthPart { t, health: vec![line] }.render().unwrap(),
            ChartsPart { t, charts: vec![chart] }.render().unwrap(),
            SidePart { t, base: hostile(), side }.render().unwrap(),
        ];
        for page in pages {
            assert!(page.contains("&#60;script&#62;") && !page.contains("<script>"), "{page}");
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let t = Texts::of(Language::English);
        let side = SidePart { t, base: String::new(), side: Side { due: None, backlog: None } }.render().unwrap();
        assert_eq!(side.matches(&t.now_unreadable()).count(), 2, "{side}");
        let side = SidePart { t, base: String::new(), side: Side { due: Some(Vec::new()), backlog: None } }.render().unwrap();
        assert!(side.contains(&t.now_due_nothing()), "{side}");
        let charts = ChartsPart { t, charts: Vec::new() }.render().unwrap();
        assert!(charts.contains(&t.now_empty()), "{charts}");
    }
}
