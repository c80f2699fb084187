//! Lets the next request of the same kind fail: it adds a fault for the route of a request, once.

use std::time::Duration;

use actix_web::HttpResponse;
use derslik_domain::fault::{Fault, PathPattern, Refusal, RequestFilter, Schedule};
use derslik_ports::inbound::control::{NewFault, RecordedRequest};

use super::filter::Asked;
use super::list;
use crate::failure::Failure;
use crate::notes::Note;
use crate::tests_control::{Choice, MAX_FAULTS};
use crate::texts::Texts;
use crate::visit::Visit;

/// The faults to choose from.
const FAULTS: [(&str, Fault); 7] = [
    ("unavailable", Fault::Refuse(Refusal::Away)),
    ("failure", Fault::Refuse(Refusal::Failure)),
    ("too-many", Fault::Refuse(Refusal::TooMany { retry_after_seconds: 1 })),
    ("lose-answer", Fault::LoseAnswer),
    ("reset", Fault::Reset),
    ("truncate", Fault::Truncate),
    ("delay", Fault::Delay(Duration::from_secs(5))),
];

/// The faults to choose from, as options.
pub(super) fn kinds(t: Texts) -> Vec<Choice> {
    let label = |name: &str| match name {
        "unavailable" => t.requests_fail_unavailable(),
        "failure" => t.requests_fail_failure(),
        "too-many" => t.requests_fail_too_many(),
        "lose-answer" => t.requests_fail_lose_answer(),
        "reset" => t.requests_fail_reset(),
        "truncate" => t.requests_fail_truncate(),
        _ => t.requests_fail_delay(),
    };
    Choice::all(FAULTS.map(|(name, _)| (name.to_owned(), label(name))), "unavailable")
}

/// Adds the fault, and leads back to the request.
pub(super) async fn fail(visit: Visit) -> Result<HttpResponse, Failure> {
    let (form, t, account) = (visit.form(), visit.t, visit.account.public);
    let (number, control) = (list::number(&visit)?, visit.control()?);
    let back = format!("requests/{number}{}", visit.query.with(&[]));
    let asked = Asked::read(&visit.query, t);
    let all = list::all(&visit, &asked)?;
    let entry = list::find(&all, number).ok_or(Failure::NotFound)?;
    let chosen = FAULTS.iter().find(|(name, _)| *name == form.text("kind"));
    let (_, fault) = chosen.ok_or(Failure::NotFound)?;
    if control.faults.list(account).len() >= MAX_FAULTS {
        return Ok(visit.leave(Note::bad(t.requests_too_many_faults(MAX_FAULTS)), &back));
    }
    let requests = like(entry.request());
    let said = shown(&requests);
    let once = Schedule { times: Some(1), ..Schedule::default() };
    control.faults.add(account, vec![NewFault { fault: *fault, requests, action: None, schedule: once }]);
    Ok(visit.leave(Note::ok(t.requests_will_fail(said)), &back))
}

/// The requests that are like one: those of its API, its method and its route.
pub(super) fn like(request: &RecordedRequest) -> RequestFilter {
    let pattern = |text: &str| PathPattern::parse(text).ok().filter(|pattern| pattern.matches(&request.path));
    let of_route = request.route.as_deref().and_then(|route| pattern(&wild(route)));
    RequestFilter { api: request.api, methods: vec![request.method.clone()], path: of_route.or_else(|| pattern(&request.path)) }
}

/// A template of a path as a pattern: any segment stands for one with a parameter.
fn wild(route: &str) -> String {
    let segments = route.split('/').map(|segment| if segment.contains('{') { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The requests of a filter, in the words of the API.
pub(super) fn shown(requests: &RequestFilter) -> String {
    let path = requests.path.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {path}", requests.methods.join(",")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::request;
    use super::*;
    use crate::locale::Language;

    fn shown_of(path: &str, route: Option<&str>) -> String {
        let request = RecordedRequest { path: path.to_owned(), route: route.map(str::to_owned), ..request() };
        shown(&like(&request))
    }

    #[test]
    fn requests_of_the_same_route_are_alike() {
        assert_eq!(shown_of("/v1/courses/7", Some("/v1/courses/{id}")), "POST /v1/courses/*");
        assert_eq!(shown_of("/v1/courses/7:move", Some("/v1/courses/{id}:move")), "POST /v1/courses/*");
        assert_eq!(shown_of("/v1/courses", None), "POST /v1/courses");
    }

    #[test]
    fn a_route_that_does_not_describe_its_path_is_left_out() {
        assert_eq!(shown_of("/v1/courses/7/aliases", Some("/v1/{rest}")), "POST /v1/courses/7/aliases");
        assert_eq!(shown_of("/**/a", None), "POST");
    }

    #[test]
    fn each_fault_has_a_name() {
        let labels: Vec<_> = kinds(Texts::of(Language::English)).into_iter().map(|choice| choice.label).collect();
        let different: std::collections::BTreeSet<_> = labels.iter().collect();
        assert_eq!(different.len(), FAULTS.len());
    }
}
