//! `DELETE /{projectKey}/users/{userId}`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::view::{JobView, PreviewView};
use crate::openreplay::auth::CallerWithoutBody;
use crate::openreplay::dry_run::{Erasing, checked, read_erasing};
use crate::openreplay::error::OpenReplayError;
use crate::openreplay::path::project_key;
use crate::openreplay::response::data;
use crate::openreplay::users::read::user_id;
use crate::state::HttpState;

pub(in crate::openreplay) async fn erase_user(
    state: Data<HttpState>,
    CallerWithoutBody(actor): CallerWithoutBody,
    request: HttpRequest,
) -> Result<HttpResponse, OpenReplayError> {
    let project = project_key(&request)?;
    let user = user_id(&state, &actor, &project, &request).await?;
    match checked(&state, &actor, &project, read_erasing(request.query_string())).await? {
        Erasing::Preview => {
            let counts = state.jobs.preview_erasure(&actor, &project, user.clone()).await?;
            Ok(data(PreviewView::new(&user, counts)))
        }
        Erasing::Job => {
            let job = state.jobs.erase_user(&actor, &project, user).await?.into_job();
            Ok(data(JobView::new(&job)))
        }
    }
}
