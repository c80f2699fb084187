//! `GET /session` and `POST /session` of version 1, and the page of sessions in both versions. A page with long texts is read and
//! sent in parts.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::Actor;
use derslik_domain::session::{FilterError, FilterField, Session, SessionFilter};

use super::read::filter_in;
use super::view::SessionViewV1;
use super::violations::filter_unreadable;
use crate::body::{body_text, read_optional_json};
use crate::list::{self, Frame, ListBody, Part, Parts};
use crate::perculus::auth::Caller;
use crate::perculus::error::PerculusError;
use crate::perculus::parameters::Parameters;
use crate::perculus::response::{JSON, OBJECT_BYTES};
use crate::response::list_bytes;
use crate::state::HttpState;

const FRAME: Frame = Frame { content_type: JSON, opening: "[", closing: "]" };

pub(in crate::perculus) async fn list(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, PerculusError> {
    let body = read_optional_json(&request, payload, &state).await?;
    let filter = filter_in(&Parameters::read(request.query_string(), &body_text(&body))?).validate().map_err(filter_error)?;
    stream(&state, &request, actor, filter, |list, session| list.push(&SessionViewV1(session))).await
}

/// The error for a refused filter, with this version's name for the session.
fn filter_error(error: FilterError) -> PerculusError {
    let names_session = error == FilterError::Invalid(FilterField::Guid);
    if names_session { PerculusError::Invalid(vec![filter_unreadable("session_id")]) } else { error.into() }
}

/// The answer that shows the page of a filter. `show` writes each session.
pub(super) async fn stream(
    state: &Data<HttpState>,
    request: &HttpRequest,
    actor: Actor,
    filter: SessionFilter,
    show: fn(&mut ListBody, &Session),
) -> Result<HttpResponse, PerculusError> {
    let first_part_bytes = list_bytes(filter.page.size());
    list::stream(state, request, first_part_bytes, FRAME, Sessions { state: Data::clone(state), actor, filter, show }).await
}

/// The sessions of a page that are still to be read.
struct Sessions {
    state: Data<HttpState>,
    actor: Actor,
    filter: SessionFilter,
    show: fn(&mut ListBody, &Session),
}

impl Parts for Sessions {
    type Error = PerculusError;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, PerculusError> {
        let found = self.state.sessions.search(&self.actor, self.filter.clone()).await?;
        list.reserve(found.entries.len(), OBJECT_BYTES);
        for session in &found.entries {
            (self.show)(list, session);
        }
        let taken = u32::try_from(found.entries.len()).unwrap_or(u32::MAX);
        self.filter.page = self.filter.page.after(taken);
        Ok(if found.more && taken > 0 { Part::More } else { Part::Last })
    }
}
