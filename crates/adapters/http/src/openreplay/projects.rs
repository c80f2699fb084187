//! `GET /projects`, `GET /projects/{projectKey}` and `POST /projects`

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use derslik_domain::form::{Field, RawText};
use derslik_domain::job::ProjectForm;
use serde_json::{Map, Value};

use super::auth::Caller;
use super::dto::{ProjectView, answer};
use super::error::{InputFault, OpenReplayError};
use super::path::project_key;
use crate::body::read_json;
use crate::state::HttpState;

pub(super) async fn list(state: Data<HttpState>, Caller(actor): Caller) -> Result<HttpResponse, OpenReplayError> {
    let projects = state.projects.list(&actor).await?;
    Ok(answer(projects.iter().map(ProjectView::new).collect::<Vec<_>>()))
}

pub(super) async fn get(state: Data<HttpState>, Caller(actor): Caller, request: HttpRequest) -> Result<HttpResponse, OpenReplayError> {
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
    let object: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| no_object())?;
    let form = ProjectForm { name: text(&object, "name"), platform: text(&object, "platform") };
    let project = state.projects.create(&actor, form.judge()?).await?;
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

fn no_object() -> OpenReplayError {
    OpenReplayError::Unprocessable(InputFault {
        kind: "json_invalid",
        place: ("body", "project"),
        message: "Input should be a valid JSON object".to_owned(),
        input: String::new(),
    })
}
