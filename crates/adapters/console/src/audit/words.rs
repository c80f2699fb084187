//! Records of the audit log in words, with links to what they are about.

use derslik_domain::audit::{AuditEvent, AuditRecord, Change, DenialCause, EventKind, Object, ObjectKind, Requester};
use derslik_domain::id::AdminId;
use derslik_domain::identity::Admin;

use crate::locale::Language;
use crate::texts::Texts;

/// The changes that the service records, each with the kind of its object, as the filter offers them.
const CHANGES: [(ObjectKind, &[Change]); 7] = [
    (ObjectKind::Account, &[Change::Created, Change::Disabled, Change::Enabled]),
    (ObjectKind::Credential, &[Change::Created, Change::Rotated, Change::Revoked]),
    (
        ObjectKind::Principal,
        &[
            Change::Created,
            Change::Changed,
            Change::Disabled,
            Change::Enabled,
            Change::PasswordSet,
            Change::SignedIn,
            Change::Revoked,
            Change::Deleted,
        ],
    ),
    (ObjectKind::Project, &[Change::Created]),
    (ObjectKind::Course, &[Change::Changed, Change::Suspended, Change::Restored]),
    (ObjectKind::Job, &[Change::Cancelled, Change::Retried, Change::RunNow]),
    (ObjectKind::Admin, &[Change::Created, Change::SignedIn, Change::Deleted]),
];

/// A text that may lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mention {
    pub(super) text: String,
    /// The path below the account, as `people/7`.
    pub(super) path: Option<String>,
}

impl Mention {
    fn to(text: String, path: String) -> Self {
        Self { text, path: Some(path) }
    }

    const fn plain(text: String) -> Self {
        Self { text, path: None }
    }
}

/// The kinds of events, in groups with a title each.
pub(super) fn groups(t: Texts) -> Vec<(String, Vec<EventKind>)> {
    let erasures = vec![EventKind::ErasureRequested, EventKind::ErasureCancelled, EventKind::ErasureCompleted];
    let changes = CHANGES.map(|(object, changes)| {
        let kinds: Vec<_> = changes.iter().map(|change| EventKind::Change(object, *change)).collect();
        (group(t, object), kinds)
    });
    let denied = (t.audit_group_denied(), DenialCause::ALL.map(EventKind::Denied).to_vec());
    changes.into_iter().chain([(t.audit_group_erasures(), erasures), denied]).collect()
}

fn group(t: Texts, object: ObjectKind) -> String {
    match object {
        ObjectKind::Account => t.audit_group_account(),
        ObjectKind::Credential => t.audit_group_keys(),
        ObjectKind::Principal => t.audit_group_people(),
        ObjectKind::Project => t.audit_group_projects(),
        ObjectKind::Course => t.audit_group_courses(),
        ObjectKind::Job => t.audit_group_jobs(),
        ObjectKind::Admin => t.audit_group_admins(),
    }
}

/// What happened.
pub(super) fn event(t: Texts, kind: EventKind) -> String {
    match kind {
        EventKind::ErasureRequested => t.audit_erasure_requested(),
        EventKind::ErasureCancelled => t.audit_erasure_cancelled(),
        EventKind::ErasureCompleted => t.audit_erasure_completed(),
        EventKind::Change(_, change) => changed(t, change),
        EventKind::Denied(cause) => denied(t, cause),
    }
}

fn changed(t: Texts, change: Change) -> String {
    match change {
        Change::Created => t.audit_created(),
        Change::Changed => t.audit_changed(),
        Change::Disabled => t.audit_disabled(),
        Change::Enabled => t.audit_enabled(),
        Change::Rotated => t.audit_rotated(),
        Change::Revoked => t.audit_revoked(),
        Change::PasswordSet => t.audit_password_set(),
        Change::SignedIn => t.audit_signed_in(),
        Change::Deleted => t.audit_deleted(),
        Change::Cancelled => t.audit_cancelled(),
        Change::Retried => t.audit_retried(),
        Change::RunNow => t.audit_run_now(),
        Change::Suspended => t.audit_suspended(),
        Change::Restored => t.audit_restored(),
    }
}

fn denied(t: Texts, cause: DenialCause) -> String {
    match cause {
        DenialCause::UnknownCredential => t.audit_denied_unknown(),
        DenialCause::WrongSecret => t.audit_denied_secret(),
        DenialCause::WrongPassword => t.audit_denied_password(),
        DenialCause::TooManyAttempts => t.audit_denied_attempts(),
        DenialCause::Expired => t.audit_denied_expired(),
        DenialCause::NotAllowed => t.audit_denied_not_allowed(),
    }
}

/// The object that a record is about.
pub(super) fn about(t: Texts, admins: &[Admin], event: &AuditEvent) -> Mention {
    match event {
        AuditEvent::Erasure(erasure) => {
            let job = erasure.job.to_string();
            Mention::to(t.audit_job(job.as_str()), format!("jobs/{job}"))
        }
        AuditEvent::Change(_, _, of) => object(t, admins, *of),
        AuditEvent::Denied { cause: _, count } => Mention::plain(t.audit_requests(*count)),
    }
}

fn object(t: Texts, admins: &[Admin], object: Object) -> Mention {
    let id = object.id().unwrap_or_default().to_string();
    match object {
        Object::Account => Mention::plain(t.audit_account()),
        Object::Credential(_) => Mention::to(t.audit_key(id.as_str()), format!("keys/{id}")),
        Object::Principal(_) => Mention::to(t.audit_principal(id.as_str()), format!("people/{id}")),
        Object::Project(_) => Mention::plain(t.audit_project(id)),
        Object::Course(_) => Mention::to(t.audit_course(id.as_str()), format!("courses/{id}")),
        Object::Job(_) => Mention::to(t.audit_job(id.as_str()), format!("jobs/{id}")),
        Object::Admin(admin) => Mention::plain(named(t, admins, admin)),
    }
}

/// The requester of a record.
pub(super) fn by(t: Texts, admins: &[Admin], event: &AuditEvent) -> Mention {
    match event.requester() {
        None => Mention::default(),
        Some(Requester::Operator) => Mention::plain(t.shell_operator()),
        Some(Requester::Admin(admin)) => Mention::plain(named(t, admins, admin)),
        Some(Requester::Principal(principal, credential)) => {
            Mention::to(t.audit_principal_by_key(credential.to_string(), principal.to_string()), format!("people/{principal}"))
        }
    }
}

/// An admin by name, or by id after the admin was removed.
fn named(t: Texts, admins: &[Admin], id: AdminId) -> String {
    let admin = admins.iter().find(|admin| admin.id == id);
    t.audit_admin(admin.map_or_else(|| format!("#{id}"), |admin| admin.name.to_string()))
}

/// What an erasure removed, under the names of the log.
pub(super) fn counts(language: Language, record: &AuditRecord) -> Vec<(&'static str, String)> {
    let counts = record.event.counts().into_iter().flat_map(|counts| counts.iter().collect::<Vec<_>>());
    counts.map(|(kind, rows)| (kind.name(), language.number(rows.get()))).collect()
}

/// Whether an event asks for a look.
pub(super) const fn is_warning(kind: EventKind) -> bool {
    matches!(kind, EventKind::Denied(_))
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::Id;
    use derslik_domain::identity::{AdminRole, Username};
    use derslik_testkit::builders::now;

    use super::*;

    #[test]
    fn every_event_that_the_filter_offers_has_words_and_a_name() {
        for language in Language::ALL {
            let t = Texts::of(language);
            let kinds: Vec<_> = groups(t).into_iter().flat_map(|(_, kinds)| kinds).collect();
            assert_eq!(kinds.len(), 24 + 3 + 6);
            for kind in kinds {
                assert_eq!(EventKind::by_name(&kind.to_string()), Some(kind));
                assert!(!event(t, kind).is_empty());
            }
        }
    }

    #[test]
    fn a_record_leads_to_its_object_and_to_the_one_who_asked() {
        let t = Texts::of(Language::English);
        let requester = Requester::Principal(Id::new(4), Id::new(5));
        let revoked = AuditEvent::Change(requester, Change::Revoked, Object::Credential(Id::new(1_234)));
        assert_eq!(about(t, &[], &revoked), Mention::to(t.audit_key("1234"), "keys/1234".to_owned()));
        assert!(about(t, &[], &revoked).text.contains("1234"), "an id is not a number with groups");
        assert_eq!(by(t, &[], &revoked).path.as_deref(), Some("people/4"));
        let denied = AuditEvent::Denied { cause: DenialCause::Expired, count: 3 };
        assert_eq!((by(t, &[], &denied), about(t, &[], &denied).path), (Mention::default(), None));
    }

    #[test]
    fn an_admin_is_named_while_there_is_one() {
        let t = Texts::of(Language::English);
        let admin = Admin { id: Id::new(3), name: Username::parse("ayse").unwrap(), role: AdminRole::Viewer, created_at: now() };
        let signed_in = |id| AuditEvent::Change(Requester::Admin(Id::new(id)), Change::SignedIn, Object::Admin(Id::new(id)));
        assert!(by(t, std::slice::from_ref(&admin), &signed_in(3)).text.contains("ayse"));
        assert!(about(t, &[admin], &signed_in(9)).text.contains("#9"));
    }
}
