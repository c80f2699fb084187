//! The users of a project: what is known of one, the sessions of one, and the erasure of one.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::AttendanceFilter;
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::{OffsetPage, PageRequest};
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::{AttendedSessions, RequestedErasure};
use serde_json::{Map, Value};

use super::auth::{Caller, CallerWithoutBody};
use super::error::V2Error;
use super::path::{DEFAULT_LIMIT, MAX_LIMIT, checked, page_at, project_key, user_id};
use crate::body::read_bytes;
use crate::openreplay::dry_run::{Erasing, read_erasing};
use crate::openreplay::jobs::view::{JobView, PreviewView};
use crate::openreplay::response::{PART, data};
use crate::openreplay::users::view::{AttendedView, UserView};
use crate::response::{LIST_BYTES, ResponseReservation, reserve};
use crate::state::HttpState;

/// `GET /{projectKey}/users/{userID}`
pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    let user = checked(&state, &actor, &project, user_id(&request)).await?;
    let attendance = state.activity.summary(&actor, &project, &user).await?.ok_or(V2Error::UserNotFound)?;
    Ok(data(UserView::new(&user, attendance)))
}

/// `DELETE /{projectKey}/users/{userID}`
pub(super) async fn erase(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    let user = checked(&state, &actor, &project, user_id(&request)).await?;
    let erasing = read_erasing(request.query_string()).map_err(V2Error::from);
    match checked(&state, &actor, &project, erasing).await? {
        Erasing::Preview => {
            let counts = state.jobs.preview_erasure(&actor, &project, user.clone()).await?;
            Ok(data(PreviewView::new(&user, counts)))
        }
        Erasing::Job => match state.jobs.erase_user(&actor, &project, user).await? {
            RequestedErasure::Created(job) => Ok(data(JobView::new(&job))),
            RequestedErasure::Live(_) => Err(V2Error::AlreadyLive),
        },
    }
}

/// `POST /{projectKey}/users/{userID}/sessions`
pub(super) async fn sessions(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, V2Error> {
    let project = project_key(&request)?;
    let body = read_bytes(&request, payload, &state).await?;
    let user = checked(&state, &actor, &project, user_id(&request)).await?;
    let Search { filter, page } = checked(&state, &actor, &project, read_search(&body)).await?;
    drop(body);
    let held = reserve(&state, &request, LIST_BYTES).await?;
    let attended = attended(&state, &actor, &project, &user, filter, page).await?;
    let AttendedSessions { project: number, user: guid, sessions } = &attended;
    let shown: Vec<_> = sessions.iter().map(|session| AttendedView::new(*number, *guid, &user, session)).collect();
    Ok(ResponseReservation::refusable(held).attach_to(data(shown)))
}

/// The sessions of a numbered page. The list goes on after a session, so those in front of the page are read and dropped.
async fn attended(
    state: &HttpState,
    actor: &Actor,
    project: &ProjectKey,
    user: &ReferenceId,
    filter: AttendanceFilter,
    page: OffsetPage,
) -> Result<AttendedSessions, V2Error> {
    let (mut skip, size) = (page.offset(), usize::try_from(page.size()).unwrap_or(usize::MAX));
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let mut part = state.activity.sessions(actor, project, user, filter, PageRequest { size: PART, after }).await?;
        let is_last = u32::try_from(part.sessions.len()).is_ok_and(|count| count < PART);
        after = part.sessions.last().map_or(after, |session| Some(session.cursor()));
        let dropped = part.sessions.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
        skip = skip.saturating_sub(u64::try_from(dropped).unwrap_or(u64::MAX));
        let room = size.saturating_sub(found.len());
        found.extend(part.sessions.drain(..).skip(dropped).take(room));
        if is_last || found.len() >= size {
            return Ok(AttendedSessions { sessions: found, ..part });
        }
    }
}

/// What a search of sessions asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Search {
    filter: AttendanceFilter,
    page: OffsetPage,
}

/// Reads `{"limit", "page", "startTimestamp", "endTimestamp"}`. Instants are milliseconds since 1970, both included.
fn read_search(body: &[u8]) -> Result<Search, V2Error> {
    const MICROS: i64 = 1_000;
    let object: Map<String, Value> = serde_json::from_slice(body).map_err(|_| V2Error::BodyShape)?;
    let number = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        // Zero stands for a value that was not sent.
        Some(Value::Number(number)) => number.as_i64().map(|number| Some(number).filter(|number| *number != 0)).ok_or(V2Error::BodyShape),
        Some(Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => Err(V2Error::BodyShape),
    };
    let limit = match number("limit")? {
        None => DEFAULT_LIMIT,
        Some(limit) => u32::try_from(limit).ok().filter(|limit| *limit <= MAX_LIMIT).ok_or(V2Error::OutOfRange("limit"))?,
    };
    let page = match number("page")? {
        None => 1,
        Some(page) => u64::try_from(page).map_err(|_| V2Error::OutOfRange("page"))?,
    };
    let bounded = |micros| Timestamp::from_micros(micros).clamp(Timestamp::MIN, Timestamp::MAX);
    let from = number("startTimestamp")?.map_or(Timestamp::MIN, |millis| bounded(millis.saturating_mul(MICROS)));
    // The last millisecond is included as a whole.
    let to = number("endTimestamp")?.map_or(Timestamp::MAX, |millis| bounded(millis.saturating_mul(MICROS).saturating_add(MICROS - 1)));
    if to < from {
        return Err(V2Error::OutOfRange("endTimestamp"));
    }
    Ok(Search { filter: AttendanceFilter { from, to }, page: page_at(page, limit) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_for_the_first_50_sessions_of_all_time_unless_the_body_says_otherwise() {
        let all = Search { filter: AttendanceFilter { from: Timestamp::MIN, to: Timestamp::MAX }, page: page_at(1, 50) };
        for body in ["{}", r#"{"limit":0,"page":0,"startTimestamp":0,"endTimestamp":null,"filters":[]}"#] {
            assert_eq!(read_search(body.as_bytes()).unwrap(), all, "{body}");
        }
        let body = r#"{"limit":200,"page":3,"startTimestamp":1621288800000,"endTimestamp":1621375199000}"#;
        let search = read_search(body.as_bytes()).unwrap();
        let (from, to) = (search.filter.from.micros(), search.filter.to.micros());
        assert_eq!((from, to), (1_621_288_800_000_000, 1_621_375_199_000_999));
        assert_eq!(search.page, page_at(3, 200));
    }

    #[test]
    fn a_search_outside_of_the_limits_is_refused() {
        for body in
            ["", "[]", "null", r#"{"limit":"5"}"#, r#"{"page":1.5}"#, r#"{"startTimestamp":[]}"#, r#"{"limit":99999999999999999999}"#]
        {
            assert!(matches!(read_search(body.as_bytes()), Err(V2Error::BodyShape)), "{body}");
        }
        for (body, name) in [
            (r#"{"limit":201}"#, "limit"),
            (r#"{"limit":-1}"#, "limit"),
            (r#"{"page":-1}"#, "page"),
            (r#"{"startTimestamp":1621288800000,"endTimestamp":1621288799999}"#, "endTimestamp"),
        ] {
            assert!(matches!(read_search(body.as_bytes()), Err(V2Error::OutOfRange(found)) if found == name), "{body}");
        }
    }
}
