//! `GET /{projectKey}/users/{userId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::read::user_id;
use super::view::UserView;
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::data;
use crate::state::HttpState;

pub(in crate::openreplay) async fn get(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let user = user_id(&state, &actor, &project, &request).await?;
    let attendance = state.activity.summary(&actor, &project, &user).await?;
    Ok(data(attendance.map(|attendance| UserView::new(&user, attendance))))
}
