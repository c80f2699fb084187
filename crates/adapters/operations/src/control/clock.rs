//! `/clock` and `/accounts/{account}/clock`: the time of all accounts, and of one.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::clock::{RanItem, RanKind};
use derslik_domain::relative::{RelativeTime, RelativeTimeError};
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::control::{Advance, Advanced, ClockScope, ControlError, ShownClock};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{self, Body};
use super::{Control, ControlSlot, Problem, resource};

/// The account that a path names, or nothing for the clock for all.
type Named = Path<Vec<String>>;

/// Adds the resources.
pub(super) fn configure(config: &mut ServiceConfig) {
    for path in ["/clock", "/accounts/{account}/clock"] {
        config
            .service(resource(path, [(Method::GET, web::to(show)), (Method::DELETE, web::to(release))]))
            .service(resource(&format!("{path}/freeze"), [(Method::POST, web::to(freeze))]))
            .service(resource(&format!("{path}/resume"), [(Method::POST, web::to(resume))]))
            .service(resource(&format!("{path}/set"), [(Method::POST, web::to(set))]))
            .service(resource(&format!("{path}/advance"), [(Method::POST, web::to(advance))]))
            .service(resource(&format!("{path}/run-to-next-due"), [(Method::POST, web::to(run_to_next_due))]));
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
    /// A number of seconds, or a text with a unit.
    by: Option<Value>,
    to: Option<String>,
}

async fn show(slot: Data<ControlSlot>, named: Named) -> Result<HttpResponse, Problem> {
    let clock = slot.control()?.clock.show(scope(&named)?).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn freeze(slot: Data<ControlSlot>, named: Named, body: Body) -> Result<HttpResponse, Problem> {
    let (Frozen { at }, scope, control) = (read::json(body)?, scope(&named)?, slot.control()?);
    let at = match at {
        Some(at) => Some(instant(control, scope, "at", &at).await?),
        None => None,
    };
    let clock = control.clock.freeze(scope, at).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn resume(slot: Data<ControlSlot>, named: Named) -> Result<HttpResponse, Problem> {
    let clock = slot.control()?.clock.resume(scope(&named)?).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn set(slot: Data<ControlSlot>, named: Named, body: Body) -> Result<HttpResponse, Problem> {
    let Target { to } = read::json(body)?;
    let to = to.ok_or_else(|| ControlError::invalid("to", "it is missing"))?;
    let (scope, control) = (scope(&named)?, slot.control()?);
    let to = instant(control, scope, "to", &to).await?;
    let clock = control.clock.set(scope, to).await?;
    Ok(HttpResponse::Ok().json(view(&clock)))
}

async fn advance(slot: Data<ControlSlot>, named: Named, request: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    read::allow_long(&request);
    let (scope, control) = (scope(&named)?, slot.control()?);
    let target = match read::json(body)? {
        Distance { by: Some(span), to: None } => Advance::By(duration(&span)?),
        Distance { by: None, to: Some(to) } => Advance::To(instant(control, scope, "to", &to).await?),
        Distance { .. } => return Err(ControlError::invalid("by", "either by or to is needed").into()),
    };
    let advanced = control.clock.advance(scope, target).await?;
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

/// The instant that a text means: an instant, or a time that is relative to the clock, as seeds have it. Days are those of the zone of the
/// account, and of UTC for the clock for all.
async fn instant(control: &Control, scope: ClockScope, field: &str, text: &str) -> Result<Timestamp, ControlError> {
    let wrong = |error: RelativeTimeError| ControlError::invalid(field, format!("{text:?} is {error}"));
    let time: RelativeTime = text.parse().map_err(wrong)?;
    if let RelativeTime::At(at) = time {
        return Ok(at);
    }
    let zone = match scope {
        ClockScope::All => Zone::UTC,
        ClockScope::Account(account) => control.accounts.zone_of(account).await?,
    };
    let now = control.clock.show(scope).await?.now;
    time.resolve(now, zone).ok_or_else(|| ControlError::invalid(field, format!("{text:?} is not in the years 1 to 9999")))
}

fn duration(span: &Value) -> Result<Duration, ControlError> {
    let seconds = match span {
        Value::Number(seconds) => seconds.as_u64(),
        Value::String(text) => seconds(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let invalid = || {
        let is_backwards = span.as_f64().is_some_and(|seconds| seconds < 0.0) || span.as_str().is_some_and(|text| text.starts_with('-'));
        let hint = if is_backwards { "; an advance goes forward, and set goes backwards too" } else { "" };
        ControlError::invalid("by", format!("{span} is not a whole number of seconds, or a text such as 90s, 5m, 2h, 7d or 2w{hint}"))
    };
    seconds.map(Duration::from_secs).ok_or_else(invalid)
}

/// The seconds that a text such as `7d` means.
fn seconds(text: &str) -> Option<u64> {
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
        let seconds = |text: &str| duration(&json!(text)).ok().map(|span| span.as_secs());
        assert_eq!([seconds("90s"), seconds("5m"), seconds("2h"), seconds("7d")], [Some(90), Some(300), Some(7_200), Some(604_800)]);
        for wrong in ["", "s", "1", "-1s", "1.5h", "1y", "99999999999999999999s", "30500568904945w"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
        assert_eq!(duration(&json!(7)).unwrap(), Duration::from_secs(7));
        for wrong in [json!(-86_400), json!("-1d")] {
            let error = duration(&wrong).unwrap_err().to_string();
            assert!(error.starts_with(&wrong.to_string()) && error.ends_with("set goes backwards too"), "{error}");
        }
        assert!(duration(&json!(1.5)).is_err() && duration(&json!(null)).is_err());
    }

    #[test]
    fn instants_are_shown_in_utc_to_the_microsecond() {
        assert_eq!(text("2025-02-06T16:07:35+03:00".parse().unwrap()), "2025-02-06T13:07:35.000000Z");
    }
}
