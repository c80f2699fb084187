//! `GET /projects`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::ProjectId;
use derslik_domain::identity::Actor;
use derslik_domain::page::PageRequest;

use super::view::ProjectView;
use crate::list::{ListBody, Part, Parts};
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::response::{PART, stream};
use crate::state::HttpState;

/// The typical size of a project, in bytes.
const TYPICAL: usize = 128;

pub(in crate::openreplay) async fn list(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    stream(&state, &request, Projects { state: Data::clone(&state), actor, after: None }).await
}

/// The projects of an account, as far as they were read.
struct Projects {
    state: Data<HttpState>,
    actor: Actor,
    after: Option<ProjectId>,
}

impl Parts for Projects {
    type Error = OpenReplayError;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, OpenReplayError> {
        let projects = self.state.projects.list(&self.actor, PageRequest { size: PART, after: self.after }).await?;
        list.reserve(projects.len(), TYPICAL);
        for project in &projects {
            list.push(&ProjectView::new(project));
        }
        self.after = projects.last().map_or(self.after, |project| Some(project.id));
        Ok(if u32::try_from(projects.len()).is_ok_and(|count| count < PART) { Part::Last } else { Part::More })
    }
}
