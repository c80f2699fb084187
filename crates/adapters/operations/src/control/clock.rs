//! `/clock` and `/accounts/{account}/clock`: the time of all accounts, and of one.

use std::time::Duration;

use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::clock::{RanItem, RanKind};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::control::{Advance, Advanced, ClockScope, ControlError, ShownClock};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{self, Body};
use super::{Control, ControlSlot, Problem};

/// The account that a path names, or nothing for the clock for all.
type Named = Path<Vec<String>>;

/// Adds the resources.
pub(super) fn configure(config: &mut ServiceConfig) {
    for path in ["/clock", "/accounts/{account}/clock"] {
        config
            .service(web::resource(path).route(web::get().to(show)).route(web::delete().to(release)))
            .service(web::resource(format!("{path}/freeze")).route(web::post().to(freeze)))
            .service(web::resource(format!("{path}/resume")).route(web::post().to(resume)))
            .service(web::resource(format!("{path}/set")).route(web::post().to(set)))
            .service(web::resource(format!("{path}/advance")).route(web::post().to(advance)))
            .service(web::resource(format!("{path}/run-to-next-due")).route(web::post().to(run_to_next_due)));
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Frozen {
    at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Target {
    to: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Distance {
    by: Option<Span>,
    to: Option<String>,
}

/// A span of time: a number of seconds, or a text with a unit.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Span {
    Seconds(u64),
    Text(String),
}

async fn show(slot: Data<ControlSlot>, named: Named) -> Result<HttpResponse, Problem> {
    let clock = slot.control()?.clock.show(scope(&named)?).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn freeze(slot: Data<ControlSlot>, named: Named, body: Body) -> Result<HttpResponse, Problem> {
    let Frozen { at } = read::json(body)?;
    let at = at.map(|at| instant("at", &at)).transpose()?;
    let clock = slot.control()?.clock.freeze(scope(&named)?, at).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn resume(slot: Data<ControlSlot>, named: Named) -> Result<HttpResponse, Problem> {
    let clock = slot.control()?.clock.resume(scope(&named)?).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn set(slot: Data<ControlSlot>, named: Named, body: Body) -> Result<HttpResponse, Problem> {
    let Target { to } = read::json(body)?;
    let to = to.ok_or_else(|| ControlError::invalid("to", "it is missing"))?;
    let clock = slot.control()?.clock.set(scope(&named)?, instant("to", &to)?).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn advance(slot: Data<ControlSlot>, named: Named, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let target = match read::json(body)? {
        Distance { by: Some(span), to: None } => Advance::By(duration(&span)?),
        Distance { by: None, to: Some(to) } => Advance::To(instant("to", &to)?),
        Distance { .. } => return Err(ControlError::invalid("by", "either by or to is needed").into()),
    };
    let control = slot.control()?;
    let advanced = control.clock.advance(scope(&named)?, target).await?;
    Ok(HttpResponse::Ok().json(outcome(&advanced, control)))
}

async fn run_to_next_due(slot: Data<ControlSlot>, named: Named, request: HttpRequest) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let control = slot.control()?;
    let advanced = control.clock.run_to_next_due(scope(&named)?).await?;
    Ok(HttpResponse::Ok().json(outcome(&advanced, control)))
}

async fn release(slot: Data<ControlSlot>, named: Named) -> Result<HttpResponse, Problem> {
    slot.control()?.clock.release(scope(&named)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn scope(named: &Named) -> Result<ClockScope, Problem> {
    named.first().map_or(Ok(ClockScope::All), |account| read::account(account).map(ClockScope::Account))
}

fn instant(field: &str, text: &str) -> Result<Timestamp, ControlError> {
    text.parse().map_err(|_| ControlError::invalid(field, "an RFC 3339 instant is needed, such as 2025-02-06T16:07:35+03:00"))
}

fn duration(span: &Span) -> Result<Duration, ControlError> {
    let text = match span {
        Span::Seconds(seconds) => return Ok(Duration::from_secs(*seconds)),
        Span::Text(text) => text,
    };
    let seconds = || {
        let unit = text.chars().next_back()?;
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        number.checked_mul(seconds)
    };
    let invalid = || ControlError::invalid("by", "a number of seconds is needed, or a text such as 90s, 5m, 2h, 7d or 2w");
    seconds().map(Duration::from_secs).ok_or_else(invalid)
}

fn text(instant: Timestamp) -> String {
    instant.to_utc().map(|utc| utc.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()).unwrap_or_default()
}

fn view(clock: &ShownClock) -> Value {
    let ShownClock { now, is_frozen, is_own, next_due } = *clock;
    json!({ "now": text(now), "frozen": is_frozen, "own": is_own, "next_due": next_due.map(text) })
}

fn outcome(advanced: &Advanced, control: &Control) -> Value {
    let ran: Vec<_> = advanced.ran.iter().map(|item| ran(item, control)).collect();
    json!({ "clock": view(&advanced.clock), "count": advanced.count, "ran": ran })
}

fn ran(item: &RanItem, control: &Control) -> Value {
    let RanItem { due, account, kind } = *item;
    let (due, account) = (text(due), control.ids.public(account).to_string());
    match kind {
        RanKind::Job { job, action, outcome } => json!({
            "due": due, "account": account, "kind": "job", "job": job.get(), "action": action.name(), "outcome": outcome.name(),
        }),
        RanKind::SessionsExpired(sessions) => {
            json!({ "due": due, "account": account, "kind": "sessions_expired", "sessions": sessions.get() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_of_seconds_or_a_text_with_a_unit() {
        let seconds = |text: &str| duration(&Span::Text(text.to_owned())).ok().map(|span| span.as_secs());
        assert_eq!([seconds("90s"), seconds("5m"), seconds("2h"), seconds("7d")], [Some(90), Some(300), Some(7_200), Some(604_800)]);
        for wrong in ["", "s", "1", "-1s", "1.5h", "1y", "99999999999999999999s", "30500568904945w"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert_eq!(duration(&Span::Seconds(7)).unwrap(), Duration::from_secs(7));
    }

    #[test]
    fn instants_are_shown_in_utc_to_the_microsecond() {
        assert_eq!(text("2025-02-06T16:07:35+03:00".parse().unwrap()), "2025-02-06T13:07:35.000000Z");
    }
}
