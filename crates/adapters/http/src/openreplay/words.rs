//! The words of the jobs API: its names of statuses, actions and platforms, and its sentences about jobs and projects.

use std::fmt;

use derslik_domain::job::{Action, ErasureKind, JobStatus, Platform, ProjectFormError, ReferenceId};

/// The name of a status.
pub(super) const fn status_name(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Scheduled => "scheduled",
        JobStatus::Running => "running",
        JobStatus::Cancelled => "cancelled",
        JobStatus::Failed => "failed",
        JobStatus::Completed => "completed",
    }
}

/// The name of an action.
pub(super) const fn action_name(action: Action) -> &'static str {
    match action {
        Action::DeleteUserData => "delete_user_data",
        Action::DeleteUsersData => "delete_users_data",
        Action::AssignCalendarId => "assign_calendar_id",
        Action::ExpireSessions => "expire_sessions",
        Action::IndexSessions => "index_sessions",
        Action::SealAudit => "seal_audit",
        Action::Prune => "prune",
        Action::PruneAudit => "prune_audit",
    }
}

/// The name of a kind of rows that an erasure removes.
pub(super) const fn erasure_kind_name(kind: ErasureKind) -> &'static str {
    match kind {
        ErasureKind::Credentials => "credentials",
        ErasureKind::Attendances => "attendances",
        ErasureKind::Sessions => "sessions",
        ErasureKind::Memberships => "memberships",
        ErasureKind::Answers => "answers",
        ErasureKind::Profile => "profile",
    }
}

/// The name of a platform.
pub(super) const fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Web => "web",
        Platform::Ios => "ios",
        Platform::Android => "android",
    }
}

/// The platform of that name.
pub(super) fn platform_by_name(name: &[u8]) -> Option<Platform> {
    Platform::ALL.into_iter().find(|platform| platform_name(*platform).as_bytes() == name)
}

/// The sentence about a refused project.
pub(super) fn project_refusal(error: &ProjectFormError) -> String {
    match error {
        ProjectFormError::NameMissing => "a project needs a name".to_owned(),
        ProjectFormError::Fault(field, _) => format!("{field:?} has no usable value"),
        ProjectFormError::Name(_) => "the name is not acceptable".to_owned(),
        ProjectFormError::UnknownPlatform => "unknown platform".to_owned(),
    }
}

/// The description of a job, a sentence that prints without an allocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Description<'a> {
    action: Action,
    reference: &'a ReferenceId,
}

impl<'a> Description<'a> {
    /// The description of a job of that action about `reference`.
    pub(super) const fn new(action: Action, reference: &'a ReferenceId) -> Self {
        Self { action, reference }
    }
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reference = self.reference;
        match self.action {
            Action::DeleteUserData => write!(f, "Delete user sessions of userId = {reference}"),
            Action::DeleteUsersData => f.write_str("Delete user sessions of a list of users"),
            Action::AssignCalendarId => write!(f, "Assign calendar of courseId = {reference}"),
            Action::ExpireSessions => f.write_str("Expire sessions"),
            Action::IndexSessions => f.write_str("Index sessions"),
            Action::SealAudit => f.write_str("Seal the audit log"),
            Action::Prune => write!(f, "Prune {reference}"),
            Action::PruneAudit => f.write_str("Prune the audit log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_described_by_its_action_and_its_subject() {
        let described = |action, reference| Description::new(action, &ReferenceId::new(reference).unwrap()).to_string();
        for (action, reference, sentence) in [
            (Action::DeleteUserData, "shekar@example.com", "Delete user sessions of userId = shekar@example.com"),
            (Action::DeleteUsersData, "0f", "Delete user sessions of a list of users"),
            (Action::AssignCalendarId, "42", "Assign calendar of courseId = 42"),
            (Action::ExpireSessions, "", "Expire sessions"),
            (Action::IndexSessions, "", "Index sessions"),
            (Action::SealAudit, "", "Seal the audit log"),
            (Action::Prune, "ended_jobs", "Prune ended_jobs"),
            (Action::PruneAudit, "", "Prune the audit log"),
        ] {
            assert_eq!(described(action, reference), sentence);
        }
    }

    #[test]
    fn statuses_and_actions_have_the_names_of_the_document() {
        assert_eq!(JobStatus::ALL.map(status_name), ["scheduled", "running", "cancelled", "failed", "completed"]);
        let actions = [
            "delete_user_data",
            "delete_users_data",
            "assign_calendar_id",
            "expire_sessions",
            "index_sessions",
            "seal_audit",
            "prune",
            "prune_audit",
        ];
        assert_eq!(Action::ALL.map(action_name), actions);
        let kinds = ["credentials", "attendances", "sessions", "memberships", "answers", "profile"];
        assert_eq!(ErasureKind::ALL.map(erasure_kind_name), kinds);
    }

    #[test]
    fn a_platform_is_read_by_its_name() {
        for (platform, name) in [(Platform::Web, "web"), (Platform::Ios, "ios"), (Platform::Android, "android")] {
            assert_eq!((platform_by_name(name.as_bytes()), platform_name(platform)), (Some(platform), name));
        }
        assert_eq!([b"WEB".as_slice(), b"", b"\xff"].map(platform_by_name), [None; 3]);
    }
}
