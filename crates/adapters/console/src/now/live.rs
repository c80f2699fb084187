//! The stream of events that renews the parts of the page: an event for each part that has changed, with its new content.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;
use futures_util::stream::unfold;
use tokio::time::sleep;

use super::Source;
use super::charts::Chart;
use super::health::Line;
use super::side::Side;
use crate::failure::Failure;
use crate::stream::{NOTHING, answer, event};
use crate::texts::Texts;
use crate::visit::Visit;

/// The time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// How many looks a stream has. It ends before the listener would cut it, and the browser asks for another one.
const LOOKS: u32 = 116;

/// At each such look, the database is read as well.
const LOOKS_OF_DATABASE: u32 = 6;

#[derive(Template)]
#[template(path = "now/health.html")]
pub(super) struct HealthPart {
    pub(super) t: Texts,
    pub(super) health: Vec<Line>,
}

#[derive(Template)]
#[template(path = "now/charts.html")]
pub(super) struct ChartsPart {
    pub(super) t: Texts,
    pub(super) charts: Vec<Chart>,
}

#[derive(Template)]
#[template(path = "now/side.html")]
pub(super) struct SidePart {
    pub(super) t: Texts,
    pub(super) base: String,
    pub(super) side: Side,
}

/// What a stream has sent.
struct Stream {
    source: Source,
    look: u32,
    /// Digests of the last content of each part.
    health: u64,
    charts: u64,
    side: u64,
}

/// Answers with the stream.
pub(super) async fn live(visit: Visit) -> Result<HttpResponse, Failure> {
    let stream = Stream { source: Source::of(&visit)?, look: 0, health: 0, charts: 0, side: 0 };
    let pieces = unfold(stream, |mut stream| async move {
        let text = stream.next().await?;
        Some((text, stream))
    });
    Ok(answer(&visit, pieces))
}

impl Stream {
    /// The events of the next look; `None` after the last one.
    async fn next(&mut self) -> Option<String> {
        let look = self.look;
        self.look += 1;
        if look == 0 {
            // The head of the answer goes out with it, so that the browser knows that it is connected.
            return Some(NOTHING.to_owned());
        }
        if look > LOOKS {
            return None;
        }
        sleep(INTERVAL).await;
        let (source, t) = (&self.source, self.source.t);
        let mut text = String::new();
        let health = HealthPart { t, health: source.health().await };
        add_changed(&mut text, "health", &health, &mut self.health);
        let charts = ChartsPart { t, charts: source.charts(source.hour().as_ref()) };
        add_changed(&mut text, "charts", &charts, &mut self.charts);
        if look.is_multiple_of(LOOKS_OF_DATABASE) {
            let side = SidePart { t, base: source.base.clone(), side: source.side().await };
            add_changed(&mut text, "side", &side, &mut self.side);
        }
        if text.is_empty() {
            text.push_str(NOTHING);
        }
        Some(text)
    }
}

/// Adds an event with a part, if its digest is not the last one.
fn add_changed(text: &mut String, name: &str, part: &impl Template, last: &mut u64) {
    let html = match part.render() {
        Ok(html) => html,
        Err(error) => return tracing::error!(%error, "a template of the console has failed"),
    };
    let mut hasher = DefaultHasher::new();
    html.hash(&mut hasher);
    let digest = hasher.finish();
    if digest != *last {
        *last = digest;
        text.push_str(&event(name, &html));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    #[test]
    fn a_part_is_sent_when_it_has_changed() {
        let part =
            |base: &str| SidePart { t: Texts::of(Language::English), base: base.to_owned(), side: Side { due: None, backlog: None } };
        let (mut text, mut last) = (String::new(), 0);
        add_changed(&mut text, "side", &part("/console/1/"), &mut last);
        let first = text.len();
        assert!(text.starts_with("event: side\ndata: "), "{text}");
        add_changed(&mut text, "side", &part("/console/1/"), &mut last);
        assert_eq!(text.len(), first);
        add_changed(&mut text, "side", &part("/console/2/"), &mut last);
        assert!(text.len() > first && text.ends_with("\n\n"));
    }
}
