//! Numbered pages of the jobs of a project.

use derslik_domain::id::ProjectId;
use derslik_domain::job::{NewJob, ReferenceId, ShownJob};
use derslik_domain::page::OffsetPage;
use derslik_ports::outbound::UnitOfWork;

use super::{Case, Harness};
use crate::builders::{account, now, other_account};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![Case { name: "numbered_pages_show_the_newest_jobs_of_a_project_first", run: newest_first }]
}

const PROJECT: ProjectId = ProjectId::new(1);

fn erasure(project: ProjectId, user: &str) -> NewJob {
    NewJob::delete_user_data(project, ReferenceId::new(user).expect("a valid reference"), now())
}

fn newest_first<U: UnitOfWork>(harness: &Harness<U>) {
    let list = |offset, size| {
        let page = OffsetPage::at(offset, size).expect("a page");
        harness.read(move |stores| stores.jobs().list_newest(account().id, PROJECT, page))
    };
    assert!(list(0, 10).is_empty());
    let made: Vec<ShownJob> = ["a", "b", "c", "d", "e"]
        .map(|user| harness.write(move |stores| stores.jobs().enqueue(account().id, &erasure(PROJECT, user))).into_job())
        .map(ShownJob::from)
        .into();
    harness.write(|stores| {
        stores.jobs().enqueue(account().id, &erasure(ProjectId::new(2), "f"))?;
        stores.jobs().enqueue(account().id, &NewJob::expire_sessions(now(), now()))?;
        stores.jobs().enqueue(other_account().id, &erasure(PROJECT, "g")).map(drop)
    });
    let newest: Vec<_> = made.iter().rev().cloned().collect();
    assert_eq!(list(0, 10), newest);
    assert_eq!(list(0, 2), newest[..2]);
    assert_eq!(list(4, 2), newest[4..]);
    assert!(list(5, 2).is_empty() && list(u64::MAX, 200).is_empty());
}
