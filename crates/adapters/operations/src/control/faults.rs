//! `/accounts/{account}/faults`: faults that a test injects into the requests and jobs of an account. A fault counts each request that
//! it is for, also one that meets another fault. All delays of a request act, and then its first other fault.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data, Path, ServiceConfig};
use derslik_domain::fault::{Api, Chance, Fault, FaultRule, JobFault, PathPattern, Refusal, RequestFilter, Schedule};
use derslik_domain::job::Action;
use derslik_ports::inbound::control::{ControlError, NewFault};
use serde::Deserialize;
use serde_json::{Value, json};

use super::read::{self, Body};
use super::{ControlSlot, Problem, resource};

/// Adds the resources.
pub(super) fn configure(config: &mut ServiceConfig) {
    let of_all = [(Method::GET, web::to(list)), (Method::POST, web::to(add)), (Method::DELETE, web::to(clear))];
    config
        .service(resource("/accounts/{account}/faults", of_all))
        .service(resource("/accounts/{account}/faults/{number}", [(Method::DELETE, web::to(remove))]));
}

/// A fault to add: a kind or a preset, which requests or jobs it is for, and when it applies.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    preset: Option<String>,
    kind: Option<String>,
    status: Option<u16>,
    retry_after: Option<u64>,
    millis: Option<u64>,
    action: Option<String>,
    api: Option<String>,
    /// One method, or several with commas between.
    method: Option<String>,
    path: Option<String>,
    nth: Option<u64>,
    times: Option<u64>,
    probability: Option<f64>,
    seed: Option<u64>,
}

/// The longest delay, and the longest pause of a slow answer, in milliseconds.
const MAX_MILLIS: u64 = 60_000;

/// The longest text of a member, in bytes.
const MAX_TEXT: usize = 2_000;

/// The most faults of an account.
const MAX_FAULTS: usize = 1_000;

async fn list(slot: Data<ControlSlot>, path: Path<String>) -> Result<HttpResponse, Problem> {
    let control = slot.control()?;
    let rules = control.faults.list(read::existing(control, &path).await?);
    Ok(HttpResponse::Ok().json(view_all(&rules)))
}

async fn add(slot: Data<ControlSlot>, path: Path<String>, body: Body) -> Result<HttpResponse, Problem> {
    let (control, wanted) = (slot.control()?, read::json::<Wanted>(body)?);
    let account = read::existing(control, &path).await?;
    let faults = wanted.faults()?;
    if control.faults.list(account).len() + faults.len() > MAX_FAULTS {
        return Err(ControlError::Conflict(format!("an account has at most {MAX_FAULTS} faults")).into());
    }
    let added = control.faults.add(account, faults);
    Ok(HttpResponse::Created().json(view_all(&added)))
}

async fn remove(slot: Data<ControlSlot>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (account, number) = path.into_inner();
    let control = slot.control()?;
    let account = read::existing(control, &account).await?;
    let is_removed = number.parse().is_ok_and(|number| control.faults.remove(account, number));
    if is_removed { Ok(HttpResponse::NoContent().finish()) } else { Err(ControlError::not_found("fault", &number).into()) }
}

async fn clear(slot: Data<ControlSlot>, path: Path<String>) -> Result<HttpResponse, Problem> {
    let control = slot.control()?;
    control.faults.clear(read::existing(control, &path).await?);
    Ok(HttpResponse::NoContent().finish())
}

impl Wanted {
    /// The faults to add: one for a kind, and those of a preset.
    fn faults(&self) -> Result<Vec<NewFault>, ControlError> {
        let requests = request_filter(self.api.as_deref(), self.method.as_deref(), self.path.as_deref())?;
        let schedule = self.schedule()?;
        self.refuse_foreign_members()?;
        match (self.kind.as_deref(), self.preset.as_deref()) {
            (Some(kind), None) => {
                let fault = self.fault(kind)?;
                Ok(vec![NewFault { fault, requests, action: self.action()?, schedule }])
            }
            (None, Some(preset)) => self.preset(preset, &requests, schedule),
            (None, None) => Err(ControlError::invalid("kind", "a fault has a kind or a preset")),
            (Some(_), Some(_)) => Err(ControlError::invalid("preset", "a fault has a kind or a preset, not both")),
        }
    }

    fn fault(&self, kind: &str) -> Result<Fault, ControlError> {
        let span = || {
            let millis = self.millis.ok_or_else(|| ControlError::invalid("millis", format!("{kind} needs the milliseconds")))?;
            if millis > MAX_MILLIS {
                return Err(ControlError::invalid("millis", format!("{millis} is more than {MAX_MILLIS}")));
            }
            Ok(Duration::from_millis(millis))
        };
        Ok(match kind {
            "status" => Fault::Refuse(self.refusal()?),
            "database-away" => Fault::Refuse(Refusal::Unavailable),
            "delay" => Fault::Delay(span()?),
            "reset" => Fault::Reset,
            "lose-answer" => Fault::LoseAnswer,
            "truncate" => Fault::Truncate,
            "drip" => Fault::Drip(span()?),
            "job-fails" => Fault::Job(JobFault::Fail),
            "job-hangs" => Fault::Job(JobFault::Hang),
            "job-panics" => Fault::Job(JobFault::Panic),
            _ => return Err(ControlError::not_among("kind", kind, &KINDS)),
        })
    }

    fn refusal(&self) -> Result<Refusal, ControlError> {
        match self.status {
            Some(400) => Ok(Refusal::Malformed),
            Some(401) => Ok(Refusal::Unauthenticated),
            Some(403) => Ok(Refusal::Denied),
            Some(404) => Ok(Refusal::Missing),
            Some(408) => Ok(Refusal::TooSlow),
            Some(409) => Ok(Refusal::Clash),
            Some(429) => Ok(Refusal::TooMany { retry_after_seconds: self.retry_after.unwrap_or(1) }),
            Some(500) => Ok(Refusal::Failure),
            Some(502) => Ok(Refusal::BadGateway),
            Some(503) => Ok(Refusal::Away),
            Some(504) => Ok(Refusal::GatewayTimeout),
            Some(other) => Err(ControlError::invalid("status", format!("{other} is none of {STATUSES}"))),
            None => Err(ControlError::invalid("status", format!("it is missing: one of {STATUSES}"))),
        }
    }

    fn action(&self) -> Result<Option<Action>, ControlError> {
        let Some(name) = self.action.as_deref() else { return Ok(None) };
        Action::by_name(name).map(Some).ok_or_else(|| ControlError::not_among("action", name, &Action::ALL.map(Action::name)))
    }

    fn schedule(&self) -> Result<Schedule, ControlError> {
        if self.nth == Some(0) {
            return Err(ControlError::invalid("nth", "0 is no number of a request: they are counted from 1"));
        }
        if self.times == Some(0) {
            return Err(ControlError::invalid("times", "with 0 the fault would never apply: leave times out, or name 1 or more"));
        }
        let chance = self.probability.map(|probability| self.chance(probability)).transpose()?;
        let times = self.times.or_else(|| self.nth.map(|_| 1));
        Ok(Schedule { first: self.nth.unwrap_or(1), times, chance })
    }

    fn chance(&self, probability: f64) -> Result<Chance, ControlError> {
        let per_million = (0.0..=1.0).contains(&probability).then(|| format!("{:.0}", probability * 1_000_000.0));
        let per_million = per_million.and_then(|number| number.parse::<u32>().ok()).filter(|number| *number > 0);
        let wrong = || ControlError::invalid("probability", format!("{probability} is not above 0, in millionths, and at most 1"));
        Ok(Chance { per_million: per_million.ok_or_else(wrong)?, seed: self.seed.unwrap_or_default() })
    }

    /// Refuses members that say nothing about this kind, or this preset: a test that sets them expects something of them.
    fn refuse_foreign_members(&self) -> Result<(), ControlError> {
        let name = self.kind.as_deref().or(self.preset.as_deref()).unwrap_or_default();
        let (is_preset, is_of_jobs) = (self.preset.is_some(), name.starts_with("job-"));
        let takes_retry_after = name == "google-quota" || (name == "status" && self.status == Some(429));
        let takes_seed = self.probability.is_some() || ["flaky-wifi", "lost-replies"].contains(&name);
        let members = [
            ("status", self.status.is_some(), name == "status"),
            ("retry_after", self.retry_after.is_some(), takes_retry_after),
            ("millis", self.millis.is_some(), ["delay", "drip"].contains(&name)),
            ("action", self.action.is_some(), is_of_jobs),
            ("api", self.api.is_some(), !is_of_jobs),
            ("method", self.method.is_some(), !is_of_jobs),
            ("path", self.path.is_some(), !is_of_jobs),
            ("seed", self.seed.is_some(), takes_seed),
        ];
        let is_known = if is_preset { PRESETS.contains(&name) } else { KINDS.contains(&name) };
        // A wrong name is told first, and a wrong status.
        let is_wrong_status = name == "status" && self.refusal().is_err();
        if !is_known || is_wrong_status || (is_preset && self.kind.is_some()) {
            return Ok(());
        }
        let Some((member, ..)) = members.into_iter().find(|(_, is_set, is_taken)| *is_set && !*is_taken) else { return Ok(()) };
        let reason = match member {
            "seed" => "it is for faults with a probability".to_owned(),
            "retry_after" => "it is for status 429".to_owned(),
            _ => format!("{name} does not take it"),
        };
        Err(ControlError::invalid(member, reason))
    }

    /// The faults of a preset, for these requests. A schedule of the request takes the place of the one that the preset has.
    fn preset(&self, name: &str, requests: &RequestFilter, schedule: Schedule) -> Result<Vec<NewFault>, ControlError> {
        let fault = |fault, own: Schedule| {
            let schedule = if schedule == Schedule::default() { own } else { schedule };
            NewFault { fault, requests: requests.clone(), action: None, schedule }
        };
        let chance = |per_million, place| {
            let chance = Chance { per_million, seed: self.seed.unwrap_or_default().wrapping_add(place) };
            Schedule { chance: Some(chance), ..Schedule::default() }
        };
        match name {
            "google-quota" => {
                let twice = Schedule { times: Some(2), ..Schedule::default() };
                let retry_after_seconds = self.retry_after.unwrap_or(1);
                Ok(vec![fault(Fault::Refuse(Refusal::TooMany { retry_after_seconds }), twice)])
            }
            "flaky-wifi" => Ok(vec![
                fault(Fault::Reset, chance(100_000, 1)),
                fault(Fault::Delay(Duration::from_millis(300)), chance(200_000, 2)),
                fault(Fault::Truncate, chance(100_000, 3)),
            ]),
            "lost-replies" => {
                let mut lost = fault(Fault::LoseAnswer, chance(500_000, 1));
                if lost.requests.methods.is_empty() {
                    lost.requests.methods = ["POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).into();
                }
                Ok(vec![lost])
            }
            _ => Err(ControlError::not_among("preset", name, &PRESETS)),
        }
    }
}

/// The kinds.
const KINDS: [&str; 10] =
    ["status", "database-away", "delay", "reset", "lose-answer", "truncate", "drip", "job-fails", "job-hangs", "job-panics"];

/// The presets.
const PRESETS: [&str; 3] = ["google-quota", "flaky-wifi", "lost-replies"];

/// The statuses that a request can be refused with.
const STATUSES: &str = "400, 401, 403, 404, 408, 409, 429, 500, 502, 503 and 504";

/// The requests that an API, methods with commas between, and a pattern of paths describe.
pub(super) fn request_filter(api: Option<&str>, method: Option<&str>, path: Option<&str>) -> Result<RequestFilter, ControlError> {
    for (member, text) in [("method", method), ("path", path)] {
        if text.is_some_and(|text| text.len() > MAX_TEXT) {
            return Err(ControlError::invalid(member, format!("it has more than {MAX_TEXT} bytes")));
        }
    }
    let unknown = |name| ControlError::not_among("api", name, &Api::ALL.map(Api::name));
    let api = api.map(|name| Api::by_name(name).ok_or_else(|| unknown(name))).transpose()?;
    let path = path.map(PathPattern::parse).transpose().map_err(|error| ControlError::invalid("path", error.to_string()))?;
    let methods = method.into_iter().flat_map(|methods| methods.split(',')).map(|method| method.trim().to_ascii_uppercase());
    Ok(RequestFilter { api, methods: methods.filter(|method| !method.is_empty()).collect(), path })
}

fn view_all(rules: &[FaultRule]) -> Value {
    json!({ "faults": rules.iter().map(view).collect::<Vec<_>>() })
}

fn view(rule: &FaultRule) -> Value {
    let FaultRule { number, fault, requests, action, schedule, seen, injected } = rule;
    let (status, retry_after, span) = match fault {
        Fault::Refuse(Refusal::Unauthenticated) => (Some(401), None, None),
        Fault::Refuse(Refusal::Denied) => (Some(403), None, None),
        Fault::Refuse(Refusal::TooMany { retry_after_seconds }) => (Some(429), Some(*retry_after_seconds), None),
        Fault::Refuse(Refusal::Failure) => (Some(500), None, None),
        Fault::Refuse(Refusal::Unavailable | Refusal::Away) => (Some(503), None, None),
        Fault::Refuse(Refusal::Malformed) => (Some(400), None, None),
        Fault::Refuse(Refusal::Missing) => (Some(404), None, None),
        Fault::Refuse(Refusal::TooSlow) => (Some(408), None, None),
        Fault::Refuse(Refusal::Clash) => (Some(409), None, None),
        Fault::Refuse(Refusal::BadGateway) => (Some(502), None, None),
        Fault::Refuse(Refusal::GatewayTimeout) => (Some(504), None, None),
        Fault::Delay(span) | Fault::Drip(span) => (None, None, Some(*span)),
        Fault::Reset | Fault::LoseAnswer | Fault::Truncate | Fault::Job(_) => (None, None, None),
    };
    json!({
        "id": number,
        "kind": fault.name(),
        "status": status,
        "retry_after": retry_after,
        "millis": span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        "action": action.map(Action::name),
        "api": requests.api.map(Api::name),
        "method": (!requests.methods.is_empty()).then(|| requests.methods.join(",")),
        "path": requests.path.as_ref().map(ToString::to_string),
        "nth": (schedule.first > 1).then_some(schedule.first),
        "times": schedule.times,
        "probability": schedule.chance.map(|chance| f64::from(chance.per_million) / 1_000_000.0),
        "seed": schedule.chance.map(|chance| chance.seed),
        "seen": seen,
        "injected": injected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(body: Value) -> Result<Vec<NewFault>, ControlError> {
        serde_json::from_value::<Wanted>(body).unwrap().faults()
    }

    fn only(body: Value) -> NewFault {
        wanted(body).unwrap().pop().unwrap()
    }

    #[test]
    fn a_fault_has_a_kind_a_filter_and_a_schedule() {
        let new = only(json!({ "kind": "status", "status": 429, "retry_after": 7, "method": "post, put", "path": "/v1/**", "nth": 3 }));
        assert_eq!(new.fault, Fault::Refuse(Refusal::TooMany { retry_after_seconds: 7 }));
        assert_eq!(new.requests.methods, ["POST", "PUT"]);
        assert_eq!(new.schedule, Schedule { first: 3, times: Some(1), chance: None });
        let new = only(json!({ "kind": "job-panics", "action": "prune", "times": 2 }));
        assert_eq!((new.fault, new.action, new.schedule.times), (Fault::Job(JobFault::Panic), Some(Action::Prune), Some(2)));
        let new = only(json!({ "kind": "drip", "millis": 5, "api": "jobs", "probability": 0.25, "seed": 9 }));
        assert_eq!(new.schedule.chance, Some(Chance { per_million: 250_000, seed: 9 }));
        assert_eq!((new.fault, new.requests.api), (Fault::Drip(Duration::from_millis(5)), Some(Api::Jobs)));
    }

    #[test]
    fn a_preset_is_a_list_of_faults() {
        let quota = only(json!({ "preset": "google-quota" }));
        assert_eq!((quota.fault.name(), quota.schedule.times), ("status", Some(2)));
        assert_eq!(wanted(json!({ "preset": "flaky-wifi", "path": "/v1/**" })).unwrap().len(), 3);
        let lost = only(json!({ "preset": "lost-replies", "probability": 1 }));
        assert_eq!(lost.schedule.chance, Some(Chance { per_million: 1_000_000, seed: 0 }));
        assert_eq!(lost.requests.methods, ["POST", "PUT", "PATCH", "DELETE"]);
    }

    #[test]
    fn each_status_comes_back_as_it_was_asked_for() {
        for status in [400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504] {
            let new = only(json!({ "kind": "status", "status": status }));
            let mut faults = derslik_domain::fault::Faults::default();
            let shown = view(&faults.add(new.fault, new.requests, new.action, new.schedule));
            assert_eq!((&shown["kind"], &shown["status"]), (&json!("status"), &json!(status)));
        }
        assert_eq!(only(json!({ "kind": "database-away" })).fault.name(), "database-away");
    }

    #[test]
    fn a_refusal_names_the_member_and_what_it_can_be() {
        for (body, field, problem) in [
            (json!({ "kind": "delya" }), "kind", "\"delya\" is none of status, database-away, delay"),
            (json!({ "preset": "lost_replie" }), "preset", "did you mean lost-replies?"),
            (json!({ "kind": "status", "status": 418 }), "status", "418 is none of 400, 401"),
            (json!({ "kind": "reset", "api": "course" }), "api", "did you mean courses?"),
            (json!({ "kind": "delay", "millis": 60_001 }), "millis", "60001 is more than 60000"),
            (json!({ "kind": "drip", "millis": u64::MAX }), "millis", "is more than 60000"),
            (json!({ "kind": "reset", "path": "/a".repeat(1_001) }), "path", "it has more than 2000 bytes"),
            (json!({ "kind": "reset", "times": 0 }), "times", "with 0 the fault would never apply"),
            (json!({ "kind": "reset", "probability": 0 }), "probability", "0 is not above 0"),
            (json!({ "kind": "job-fails", "path": "/v1/**" }), "path", "job-fails does not take it"),
            (json!({ "kind": "job-fails", "method": "GET" }), "method", "job-fails does not take it"),
            (json!({ "kind": "reset", "millis": 5 }), "millis", "reset does not take it"),
            (json!({ "kind": "delay", "millis": 5, "status": 500 }), "status", "delay does not take it"),
            (json!({ "kind": "status", "status": 503, "retry_after": 2 }), "retry_after", "it is for status 429"),
            (json!({ "kind": "reset", "action": "prune" }), "action", "reset does not take it"),
            (json!({ "kind": "reset", "seed": 7 }), "seed", "it is for faults with a probability"),
        ] {
            match wanted(body.clone()) {
                Err(ControlError::Invalid { field: Some(found), problem: told, .. }) => {
                    assert!(found == field && told.contains(problem), "{body}: {found}: {told}");
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_fault_that_can_not_be_injected_is_refused() {
        for body in [
            json!({}),
            json!({ "kind": "status", "status": 418 }),
            json!({ "kind": "status" }),
            json!({ "kind": "delay" }),
            json!({ "kind": "fire" }),
            json!({ "kind": "reset", "preset": "flaky-wifi" }),
            json!({ "preset": "storm" }),
            json!({ "kind": "reset", "path": "v1" }),
            json!({ "kind": "reset", "api": "calendar" }),
            json!({ "kind": "reset", "nth": 0 }),
            json!({ "kind": "reset", "probability": 1.5 }),
            json!({ "kind": "job-fails", "action": "dance" }),
        ] {
            assert!(matches!(wanted(body.clone()), Err(ControlError::Invalid { .. })), "{body}");
        }
    }
}
