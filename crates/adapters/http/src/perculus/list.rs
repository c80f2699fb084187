//! A page of sessions as an answer. A page with long texts is read and sent in parts.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::identity::Actor;
use derslik_domain::session::{Session, SessionFilter};

use super::dto::session::ONE_SESSION;
use super::error::PerculusError;
use crate::list::{Frame, ListBody, Part, Parts, stream};
use crate::response::list_bytes;
use crate::state::HttpState;

const FRAME: Frame = Frame { content_type: "application/json; charset=utf-8", opening: "[", closing: "]" };

/// The answer that shows the page of a filter. `show` writes each session.
pub(super) async fn sessions(
    state: &Data<HttpState>,
    request: &HttpRequest,
    actor: Actor,
    filter: SessionFilter,
    show: fn(&mut ListBody, &Session),
) -> Result<HttpResponse, PerculusError> {
    let room = list_bytes(filter.page.size());
    stream(state, request, room, FRAME, Sessions { state: Data::clone(state), actor, filter, show }).await
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
        list.reserve(found.entries.len(), ONE_SESSION);
        for session in &found.entries {
            (self.show)(list, session);
        }
        let taken = u32::try_from(found.entries.len()).unwrap_or(u32::MAX);
        self.filter.page = self.filter.page.after(taken);
        Ok(if found.more && taken > 0 { Part::More } else { Part::Last })
    }
}
