//! A job as clients see it.

use derslik_domain::id::Id;
use derslik_domain::job::{ErasedUser, ErasureCounts, FailureText, Job, ReferenceId, ShownJob};
use serde::{Serialize, Serializer};

use crate::openreplay::value::{as_text, millis};
use crate::openreplay::words::{Description, action_name, erasure_kind_name, status_name};

/// A job.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::openreplay) struct JobView<'a> {
    job_id: i64,
    #[serde(serialize_with = "as_text")]
    description: Description<'a>,
    status: &'static str,
    project_id: Option<i64>,
    action: &'static str,
    reference_id: &'a str,
    created_at: i64,
    updated_at: i64,
    start_at: i64,
    errors: Option<&'a str>,
}

impl<'a> JobView<'a> {
    pub(in crate::openreplay) fn new(job: &'a Job) -> Self {
        Self {
            job_id: job.id.get(),
            description: Description::new(job.action, &job.reference),
            status: status_name(job.status()),
            project_id: job.project.map(Id::get),
            action: action_name(job.action),
            reference_id: job.reference.as_str(),
            created_at: millis(job.created_at),
            updated_at: millis(job.updated_at),
            start_at: millis(job.start_at),
            errors: job.last_error(),
        }
    }
}

impl<'a> From<&'a ShownJob> for JobView<'a> {
    fn from(job: &'a ShownJob) -> Self {
        Self {
            job_id: job.id.get(),
            description: Description::new(job.action, &job.reference),
            status: status_name(job.status),
            project_id: job.project.map(Id::get),
            action: action_name(job.action),
            reference_id: job.reference.as_str(),
            created_at: millis(job.created_at),
            updated_at: millis(job.updated_at),
            start_at: millis(job.start_at),
            errors: job.last_error.as_ref().map(FailureText::as_str),
        }
    }
}

/// What an erasure of a user would remove.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::openreplay) struct PreviewView<'a> {
    user_id: &'a str,
    dry_run: bool,
    #[serde(serialize_with = "by_kind")]
    counts: ErasureCounts,
}

impl<'a> PreviewView<'a> {
    pub(in crate::openreplay) fn new(user: &'a ReferenceId, counts: ErasureCounts) -> Self {
        Self { user_id: user.as_str(), dry_run: true, counts }
    }
}

/// A user of an erasure, and what it has removed so far.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErasedUserView<'a> {
    user_id: &'a str,
    erased: bool,
    #[serde(serialize_with = "by_kind")]
    counts: ErasureCounts,
}

impl<'a> From<&'a ErasedUser> for ErasedUserView<'a> {
    fn from(erased: &'a ErasedUser) -> Self {
        Self { user_id: erased.user.as_str(), erased: erased.is_erased, counts: erased.counts }
    }
}

/// The rows of each kind, by the names of the kinds.
fn by_kind<S: Serializer>(counts: &ErasureCounts, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(kind, rows)| (erasure_kind_name(kind), rows.get())))
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::{JobId, ProjectId};
    use derslik_domain::job::{NewJob, ReferenceId};
    use derslik_domain::time::Timestamp;

    use super::*;

    #[test]
    fn a_job_looks_as_the_document_shows_it() {
        let user = ReferenceId::new("mehdi@openreplay.com \"مهدي\"").unwrap();
        let created = Timestamp::from_micros(1_623_912_955_277_999);
        let job = NewJob::delete_user_data(ProjectId::new(1), user, created).into_job(JobId::new(3_451));
        assert_eq!(
            serde_json::to_string(&JobView::new(&job)).unwrap(),
            r#"{"jobId":3451,"description":"Delete user sessions of userId = mehdi@openreplay.com \"مهدي\"","status":"scheduled","projectId":1,"action":"delete_user_data","referenceId":"mehdi@openreplay.com \"مهدي\"","createdAt":1623912955277,"updatedAt":1623912955277,"startAt":1623974400000,"errors":null}"#
        );
    }
}
