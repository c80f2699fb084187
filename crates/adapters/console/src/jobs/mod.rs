//! Jobs: a list by state, one of them, deeds on up to a hundred at once, and the request for an erasure.
//!
//! | file | content |
//! |---|---|
//! | `list` | the list, newest first |
//! | `filter` | what the list is about, and its cursor |
//! | `show` | one job |
//! | `timeline` | what happened to it |
//! | `change` | cancel, retry and run now: first what will happen, then the deed |
//! | `erase` | the request for the erasure of a user |
//! | `words` | the words for actions, states and deeds |

mod change;
mod erase;
mod filter;
mod list;
mod show;
mod timeline;
pub(crate) mod words;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use derslik_domain::job::Project;
use derslik_domain::page::PageRequest;
use derslik_domain::time::{Timestamp, Zone};

use crate::failure::Failure;
use crate::locale::Language;
use crate::texts::Texts;
use crate::visit::Visit;

/// How many projects a form has to choose from.
const PROJECTS: u32 = 100;

/// Adds the pages.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/jobs", web::get().to(list::list))
        .route("/jobs/new", web::get().to(erase::form))
        .route("/jobs/new", web::post().to(erase::ask))
        .route("/jobs/bulk", web::get().to(to_list))
        .route("/jobs/bulk", web::post().to(change::change))
        .route("/jobs/{id}", web::get().to(show::show));
}

/// The page between a list and a deed has no address of its own.
async fn to_list(visit: Visit) -> HttpResponse {
    visit.go("jobs")
}

/// How times and numbers of a page are written.
#[derive(Debug, Clone, Copy)]
struct Pen {
    t: Texts,
    language: Language,
    zone: Zone,
    now: Timestamp,
}

impl Pen {
    fn of(visit: &Visit) -> Self {
        Self { t: visit.t, language: visit.language, zone: visit.account.zone, now: visit.now }
    }

    /// An instant for a list.
    fn when(self, at: Timestamp) -> String {
        self.language.when(at, self.now, self.zone)
    }

    /// An instant in full.
    fn moment(self, at: Timestamp) -> String {
        self.language.moment(at, self.zone)
    }
}

/// A value to choose in a form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    value: String,
    label: String,
    is_current: bool,
}

/// The first projects of the account.
async fn projects(visit: &Visit) -> Result<Vec<Project>, Failure> {
    Ok(visit.operators()?.projects.list(visit.account.id, PageRequest { size: PROJECTS, after: None }).await?)
}

#[cfg(test)]
mod testing {
    use derslik_domain::id::{Id, SessionGuid};
    use derslik_domain::job::{
        Event, Failure, FailureReason, Jitter, Job, LeaseTerm, LeaseToken, NewJob, ReferenceId, RetryPolicy, WorkerId,
    };
    use derslik_testkit::builders::now;

    use super::{Language, Pen, Texts, Zone};

    pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

    pub(super) fn pen(language: Language) -> Pen {
        Pen { t: Texts::of(language), language, zone: Zone::ISTANBUL, now: now() }
    }

    pub(super) fn erasure(id: i64) -> Job {
        let user = ReferenceId::new(HOSTILE).unwrap();
        NewJob::delete_user_data(Id::new(1), user, now()).starting_at(now()).into_job(Id::new(id))
    }

    fn token() -> LeaseToken {
        let guid: SessionGuid = "00000000-0000-0000-0000-000000000007".parse().unwrap();
        LeaseToken::new(guid.get())
    }

    pub(super) fn running(job: Job) -> Job {
        let worker = WorkerId::new(token().get());
        job.apply(Event::Claim { worker, token: token(), term: LeaseTerm::DEFAULT }, now()).unwrap().0
    }

    pub(super) fn failed(job: Job, reason: FailureReason) -> Job {
        let failure = Failure::new(reason, HOSTILE);
        let fail = Event::Fail { token: token(), failure, retry: RetryPolicy::DEFAULT, jitter: Jitter::NONE };
        running(job).apply(fail, now()).unwrap().0
    }

    /// Nothing of a hostile text is markup in a page.
    pub(super) fn assert_inert(html: &str) {
        assert!(!html.contains("<script>alert"), "{html}");
        assert!(!html.contains("alert(1)</script>"), "{html}");
    }
}
