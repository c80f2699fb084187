//! Jobs and projects as clients see them.

use std::fmt::Display;

use actix_web::HttpResponse;
use derslik_domain::attendee::{Attendance, AttendedSession};
use derslik_domain::id::{Id, ProjectId, SessionGuid, UserGuid};
use derslik_domain::job::{FailureText, Job, Project, ReferenceId, ShownJob};
use derslik_domain::time::Timestamp;
use serde::{Serialize, Serializer};

use super::words::{Description, action_name, platform_name, status_name};

/// The object that wraps the content of every answer.
#[derive(Debug, Serialize)]
pub(super) struct Data<T> {
    data: T,
}

/// The answer that carries `data`.
pub(super) fn answer<T: Serialize>(data: T) -> HttpResponse {
    HttpResponse::Ok().json(Data { data })
}

/// A job.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobView<'a> {
    job_id: i64,
    #[serde(serialize_with = "shown")]
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
    pub(super) fn new(job: &'a Job) -> Self {
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

/// A project.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectView<'a> {
    project_id: i64,
    project_key: &'a str,
    name: &'a str,
    platform: &'static str,
}

impl<'a> ProjectView<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            project_id: project.id.get(),
            project_key: project.key.as_str(),
            name: project.name.as_str(),
            platform: platform_name(project.platform),
        }
    }
}

/// A summary of the sessions of one attendee: a user or a guest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView<'a> {
    user_id: &'a str,
    session_count: u64,
    first_seen: Option<i64>,
    last_seen: Option<i64>,
}

impl<'a> UserView<'a> {
    pub(super) fn new(user: &'a ReferenceId, attendance: Attendance) -> Self {
        Self {
            user_id: user.as_str(),
            session_count: attendance.sessions,
            first_seen: attendance.first.map(millis),
            last_seen: attendance.last.map(millis),
        }
    }
}

/// A session of an attendee, in the form of a recording. Fields that only a browser's recording has are empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttendedView<'a> {
    project_id: i64,
    #[serde(serialize_with = "shown")]
    session_id: SessionGuid,
    #[serde(serialize_with = "shown_if_any")]
    user_uuid: Option<UserGuid>,
    user_id: &'a str,
    user_agent: &'static str,
    user_os: &'static str,
    user_browser: &'static str,
    user_device: &'static str,
    user_country: &'static str,
    start_ts: i64,
    duration: i64,
    events_count: u8,
    pages_count: u8,
    errors_count: u8,
}

impl<'a> AttendedView<'a> {
    pub(super) fn new(project: ProjectId, user: Option<UserGuid>, user_id: &'a ReferenceId, session: &AttendedSession) -> Self {
        Self {
            project_id: project.get(),
            session_id: session.guid,
            user_uuid: user,
            user_id: user_id.as_str(),
            user_agent: "",
            user_os: "",
            user_browser: "",
            user_device: "",
            user_country: "",
            start_ts: millis(session.start),
            duration: i64::from(session.duration.minutes()) * 60_000,
            events_count: 0,
            pages_count: 0,
            errors_count: 0,
        }
    }
}

fn shown<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// A guest has no GUID. It is as empty as the fields that only a recording has.
#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn shown_if_any<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_str(""),
    }
}

fn millis(instant: Timestamp) -> i64 {
    instant.micros().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::{JobId, ProjectId};
    use derslik_domain::job::{NewJob, ReferenceId};

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
