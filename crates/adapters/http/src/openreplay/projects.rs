//! `GET /projects`, `GET /projects/{projectKey}` and `POST /projects`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::form::{Field, RawText};
use derslik_domain::id::ProjectId;
use derslik_domain::identity::Actor;
use derslik_domain::job::ProjectForm;
use derslik_domain::page::PageRequest;
use serde_json::{Map, Value};

use super::auth::{Caller, CallerWithoutBody};
use super::dto::{ProjectView, answer};
use super::error::{InputFault, OpenReplayError};
use super::path::project_key;
use super::words::platform_by_name;
use super::{PART, stream};
use crate::body::read_json;
use crate::list::{ListBody, Part, Parts};
use crate::state::HttpState;

/// The typical size of a project, in bytes.
const TYPICAL: usize = 128;

pub(super) async fn list(
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

pub(super) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = state.projects.get(&actor, &project_key(&request)?).await?;
    Ok(answer(ProjectView::new(&project)))
}

pub(super) async fn create(
    state: Data<HttpState>,
    Caller(actor): Caller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, OpenReplayError> {
    let body = read_json(&request, payload, &state).await?;
    let object: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| not_an_object())?;
    let form = ProjectForm { name: text(&object, "name"), platform: text(&object, "platform").map(|name| platform_by_name(&name)) };
    let project = state.projects.create(&actor, form.validate()?).await?;
    Ok(answer(ProjectView::new(&project)))
}

fn text(object: &Map<String, Value>, name: &str) -> Field<RawText> {
    match object.get(name) {
        None => Field::Missing,
        Some(Value::Null) => Field::Null,
        Some(Value::String(text)) => Field::Given(text.clone().into_bytes()),
        Some(_) => Field::Mistyped,
    }
}

fn not_an_object() -> OpenReplayError {
    OpenReplayError::Unprocessable(InputFault {
        kind: "json_invalid",
        location: ("body", "project"),
        message: "Input should be a valid JSON object".to_owned(),
        input: String::new(),
    })
}
