//! The projects of an account.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::id::ProjectId;
use derslik_domain::identity::Actor;
use derslik_domain::page::PageRequest;

use super::auth::{Caller, CallerWithoutBody};
use super::error::V2Error;
use super::path::project_key;
use crate::body::read_bytes;
use crate::list::{self, ListBody, Part, Parts};
use crate::openreplay::dry_run::refuse_dry_run;
use crate::openreplay::projects::read::project_form;
use crate::openreplay::projects::view::ProjectView;
use crate::openreplay::response::{FRAME, PART, data};
use crate::response::LIST_BYTES;
use crate::state::HttpState;

/// The typical size of a project, in bytes.
const TYPICAL: usize = 128;

/// `GET /projects`
pub(super) async fn list(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    list::stream(&state, &request, LIST_BYTES, FRAME, Projects { state: Data::clone(&state), actor, after: None }).await
}

/// `GET /projects/{projectKey}`
pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, V2Error> {
    let project = state.projects.get(&actor, &project_key(&request)?).await?;
    Ok(data(ProjectView::new(&project)))
}

/// `POST /projects`
pub(super) async fn create(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, V2Error> {
    let body = read_bytes(&request, payload, &state).await?;
    refuse_dry_run(request.query_string())?;
    let form = project_form(&body).map_err(|_| V2Error::BodyShape)?;
    let project = state.projects.create(&actor, form.validate()?).await?;
    Ok(data(ProjectView::new(&project)))
}

/// The projects of an account, as far as they were read.
struct Projects {
    state: Data<HttpState>,
    actor: Actor,
    after: Option<ProjectId>,
}

impl Parts for Projects {
    type Error = V2Error;

    async fn next(&mut self, list: &mut ListBody) -> Result<Part, V2Error> {
        let projects = self.state.projects.list(&self.actor, PageRequest { size: PART, after: self.after }).await?;
        list.reserve(projects.len(), TYPICAL);
        for project in &projects {
            list.push(&ProjectView::new(project));
        }
        self.after = projects.last().map_or(self.after, |project| Some(project.id));
        Ok(if u32::try_from(projects.len()).is_ok_and(|count| count < PART) { Part::Last } else { Part::More })
    }
}
