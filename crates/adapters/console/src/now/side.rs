//! What falls due next in the account, and the work that waits in all accounts.

use derslik_domain::job::Action;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::inbound::operators::{Backlog, DueItem, DueKind};

use crate::locale::Language;
use crate::texts::Texts;

/// The number of jobs from which on they are not counted.
const MOST_JOBS: u64 = 10_000;

/// Both lists. One is `None` if the database did not tell it.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) due: Option<Vec<Due>>,
    pub(super) backlog: Option<Vec<(String, String)>>,
}

/// A thing that falls due.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) when: String,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) detail: String,
}

/// How the lists are written.
#[derive(Debug)]
pub(super) struct Style<'a> {
    pub(super) t: Texts,
    pub(super) language: Language,
    pub(super) zone: Zone,
    /// The time of the account.
    pub(super) now: Timestamp,
    /// The address of the account, with a slash at its end.
    pub(super) base: &'a str,
}

impl Style<'_> {
    fn when(&self, at: Timestamp) -> String {
        self.language.when(at, self.now, self.zone)
    }
}

/// A line for each item.
pub(super) fn due(items: &[DueItem], style: &Style<'_>) -> Vec<Due> {
    let (t, base) = (style.t, style.base);
    let line = |item: &DueItem| {
        let (url, title, detail) = match &item.what {
            DueKind::Job { id, action, attempt, of } => {
                let detail = t.now_due_job(attempt.get(), id.to_string(), of.get());
                (format!("{base}jobs/{id}"), action_name(*action, t), detail)
            }
            DueKind::SessionEnds { guid, name } => (format!("{base}sessions/{guid}"), name.to_string(), t.now_due_session()),
        };
        Due { when: style.when(item.at), url, title, detail }
    };
    items.iter().map(line).collect()
}

/// A name and a value for each kind of work that waits.
pub(super) fn backlog(backlog: &Backlog, style: &Style<'_>) -> Vec<(String, String)> {
    let t = style.t;
    let jobs = |count: u64| {
        let number = style.language.number(count);
        if count >= MOST_JOBS { t.now_or_more(number) } else { number }
    };
    let mut lines = vec![(t.now_waiting(), jobs(backlog.scheduled_jobs)), (t.now_running(), jobs(backlog.running_jobs))];
    lines.extend(backlog.next_due.map(|due| (t.now_next_due(), style.when(due))));
    lines.extend(backlog.projections.iter().map(|lag| {
        let name = match lag.projection {
            "search_index" => t.now_search_index(),
            "session_ends" => t.now_session_ends(),
            "session_creators" => t.now_session_creators(),
            other => other.to_owned(),
        };
        (name, style.language.number(lag.pending))
    }));
    lines
}

fn action_name(action: Action, t: Texts) -> String {
    match action {
        Action::DeleteUserData => t.now_delete_user_data(),
        Action::DeleteUsersData => t.now_delete_users_data(),
        Action::AssignCalendarId => t.now_assign_calendar_id(),
        Action::ExpireSessions => t.now_expire_sessions(),
        Action::IndexSessions => t.now_index_sessions(),
        Action::SealAudit => t.now_seal_audit(),
        Action::Prune => t.now_prune(),
        Action::PruneAudit => t.now_prune_audit(),
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::JobId;
    use derslik_domain::job::Attempts;
    use derslik_domain::session::SessionName;
    use derslik_ports::inbound::operators::ProjectionBacklog;

    use super::*;

    fn style(t: Texts) -> Style<'static> {
        let now = "2026-11-25T10:24:07+03:00".parse().unwrap();
        Style { t, language: Language::English, zone: Zone::ISTANBUL, now, base: "/console/7/" }
    }

    #[test]
    fn what_falls_due_leads_to_its_page() {
        let job = DueKind::Job { id: JobId::new(3_451), action: Action::DeleteUserData, attempt: Attempts::new(4), of: Attempts::new(5) };
        let guid = "61e3d504-13ee-447f-9b36-6686c5c39feb".parse().unwrap();
        let session = DueKind::SessionEnds { guid, name: SessionName::new("<CS201>").unwrap() };
        let at = |text: &str| text.parse().unwrap();
        let items = [DueItem { at: at("2026-11-25T07:27:42Z"), what: job }, DueItem { at: at("2026-11-26T00:00:00Z"), what: session }];
        let lines = due(&items, &style(Texts::of(Language::English)));
        assert_eq!((lines[0].when.as_str(), lines[0].url.as_str()), ("10:27:42", "/console/7/jobs/3451"));
        assert_eq!((lines[0].title.as_str(), lines[0].detail.as_str()), ("Erase a user", "job 3451, attempt 4 of 5"));
        assert_eq!((lines[1].when.as_str(), lines[1].title.as_str()), ("Thu 03:00", "<CS201>"));
        assert_eq!(lines[1].url, "/console/7/sessions/61E3D504-13EE-447F-9B36-6686C5C39FEB");
    }

    #[test]
    fn a_count_that_ended_at_its_bound_says_so() {
        let projections = vec![ProjectionBacklog { projection: "search_index", pending: 4 }];
        let found = Backlog { scheduled_jobs: 10_000, running_jobs: 3, next_due: None, projections };
        let lines = backlog(&found, &style(Texts::of(Language::English)));
        let values: Vec<_> = lines.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["10,000 or more", "3", "4"]);
    }
}
