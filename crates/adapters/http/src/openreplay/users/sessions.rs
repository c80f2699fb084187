//! `GET /{projectKey}/users/{userId}/sessions`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::attendee::{AttendanceFilter, AttendedCursor};
use derslik_domain::identity::Actor;
use derslik_domain::job::{ProjectKey, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::inbound::AttendedSessions;

use super::read::{Span, span, user_id};
use super::view::AttendedView;
use crate::list::{ListBody, Part, Parts};
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::{PART, stream};
use crate::state::HttpState;

/// The typical size of a session, in bytes.
const TYPICAL: usize = 320;

pub(in crate::openreplay) async fn sessions(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let user = user_id(&state, &actor, &project, &request).await?;
    let Span { from, to } = span(&state, &actor, &project, &request).await?;
    let attended = Attended { state: Data::clone(&state), actor, project, user, from, to, after: None };
    stream(&state, &request, attended).await
}

/// The sessions of an attendee, as far as they were read.
struct Attended {
    state: Data<HttpState>,
    actor: Actor,
    project: ProjectKey,
    user: ReferenceId,
    from: Timestamp,
    to: Timestamp,
    after: Option<AttendedCursor>,
}

impl Parts for Attended {
    type Error = OpenReplayError;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, OpenReplayError> {
        let filter = AttendanceFilter { from: self.from, to: self.to };
        let page = PageRequest { size: PART, after: self.after };
        let attended = self.state.activity.sessions(&self.actor, &self.project, &self.user, filter, page).await?;
        let AttendedSessions { project, user, sessions } = attended;
        list.reserve(sessions.len(), TYPICAL);
        for session in &sessions {
            list.push(&AttendedView::new(project, user, &self.user, session));
        }
        self.after = sessions.last().map_or(self.after, |session| Some(session.cursor()));
        Ok(if u32::try_from(sessions.len()).is_ok_and(|count| count < PART) { Part::Last } else { Part::More })
    }
}
