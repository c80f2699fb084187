//! Tests jobs that a newer program made, next to this program on the same database. This program leaves them alone, and they
//! delay no other job.
#![cfg(test)]

use std::collections::BTreeSet;

use derslik_domain::id::{JobId, ProjectId};
use derslik_domain::job::{
    Action, Job, JobStatus, LeaseTerm, LeaseToken, NewJob, Platform, Project, ProjectName, ReferenceId, UnknownJob, WorkerId,
};
use derslik_domain::page::PageRequest;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{Claim, JobOfProject, StoreError, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, now};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

const KEY: &str = "3sWXSsqHgSKnE87YkNJK";
const TERM: LeaseTerm = LeaseTerm::DEFAULT;

/// Gives every second job an action that does not exist yet.
const FUTURE: &str = "UPDATE jobs SET action = 'water_the_plants' WHERE id % 2 = 0";

fn left_alone(url: &DatabaseUrl, from_the_future: impl FnOnce()) {
    let harness = Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { connections: 2, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    });
    let jobs: Vec<_> = (0..10)
        .map(|number| NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new(number.to_string()).unwrap(), made_at()))
        .collect();
    harness.write(move |stores| {
        stores.identity().add_account(&account(), now())?;
        let name = ProjectName::new("Demo").unwrap();
        let project = Project { id: ProjectId::new(1), key: KEY.parse().unwrap(), name, platform: Platform::Web, created_at: now() };
        stores.projects().add(account().id, &project)?;
        stores.jobs().enqueue_many(account().id, &jobs)
    });
    from_the_future();

    let unknown = harness.read(|stores| stores.jobs().list_unknown(account().id, PageRequest { size: 100, after: None }));
    assert_eq!(unknown.iter().map(|job| (job.id.get() % 2, job.action.as_str())).collect::<Vec<_>>(), [(0, "water_the_plants"); 5]);
    assert_eq!((unknown[0].status.as_str(), unknown[0].project, unknown[0].created_at), ("scheduled", Some(ProjectId::new(1)), made_at()));
    let (page, rest) = (PageRequest { size: 2, after: Some(unknown[1].id) }, &unknown[2..4]);
    assert_eq!(harness.read(move |stores| stores.jobs().list_unknown(account().id, page)), rest);
    not_there(&harness, &unknown);

    let page = PageRequest { size: 100, after: None };
    assert_eq!(harness.read(move |stores| stores.jobs().list_shown(account().id, ProjectId::new(1), page)).entries.len(), 5);
    let known = Action::ALL.into_iter().collect();
    let (worker, token) = (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(7)));
    let claim = Claim { worker, token, term: TERM, at: now(), actions: known, limit: 100 };
    let claimed = harness.write(move |stores| stores.jobs().claim(account().id, &claim));
    assert_eq!(claimed.len(), 5, "in spite of the unknown jobs");
    assert!(claimed.iter().all(|job| job.action == Action::DeleteUserData && job.status() == JobStatus::Running));
    assert!(
        harness.read(move |stores| stores.jobs().accounts_with_due(now(), known, 10)).is_empty(),
        "the others are left to newer programs"
    );
    assert_eq!(harness.read(move |stores| stores.jobs().next_due(known)), None);
    assert_eq!(harness.read(|stores| stores.jobs().depth()).scheduled, 5, "but the unknown jobs are counted");
}

/// Looks up unknown jobs. They are not found, do not cause an error, and do not hide the other jobs.
fn not_there(harness: &Harness<DieselUnitOfWork>, unknown: &[UnknownJob]) {
    for job in unknown {
        let id = job.id;
        assert_eq!(harness.read(move |stores| stores.jobs().find(account().id, id)), None);
        assert_eq!(harness.write(move |stores| stores.jobs().lock(account().id, id)), None);
    }
    let last = unknown.iter().map(|job| job.id.get()).max().unwrap();
    let names: Vec<_> = (last - 9..=last).map(|id| JobOfProject { project: KEY.parse().unwrap(), job: JobId::new(id) }).collect();
    let singly: Vec<_> = names
        .iter()
        .map(|name| {
            (
                name.clone(),
                harness.read({
                    let name = name.clone();
                    move |stores| stores.jobs().find_shown(account().id, &name)
                }),
            )
        })
        .collect();
    let many = harness.read(move |stores| stores.jobs().find_many_shown(account().id, &names));
    assert_eq!(many.len(), 5);
    for (name, found) in singly {
        assert_eq!(found.is_some(), name.job.get() % 2 == 1);
        assert_eq!(many.get(&name), found.as_ref());
    }
}

fn made_at() -> Timestamp {
    now().minutes_before(2_880)
}

/// A newer worker has claimed the jobs, and its leases ran out. Only a newer program may rescue them.
fn rescued_by_others(url: &DatabaseUrl) {
    let harness = Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { connections: 2, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    });
    let later = now().minutes_before(-60);
    let expired = harness.write(move |stores| stores.jobs().lock_expired(account().id, later, TERM, 100));
    assert_eq!(expired.len(), 5);
    assert_eq!(harness.read(move |stores| stores.jobs().accounts_with_expired(later, TERM)), [account().id]);
}

/// Gives every second job a progress that only a newer program understands.
const NEWS: &str = "UPDATE jobs SET progress = '{\"watered\": \"plants\"}' WHERE id % 2 = 0";

fn passed_over(url: &DatabaseUrl, newer: impl FnOnce()) {
    let harness = Harness::new(|runtime| {
        DieselUnitOfWork::new(
            url,
            PoolSettings { connections: 2, statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    });
    let jobs: Vec<_> = (0..6).map(|number| NewJob::assign_calendar_id(ReferenceId::new(number.to_string()).unwrap(), made_at())).collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    newer();

    let claim = |limit| {
        let (worker, token) = (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(8)));
        let claim = Claim { worker, token, term: TERM, at: now(), actions: [Action::AssignCalendarId].into_iter().collect(), limit };
        let exchanged =
            harness.unit_of_work().write_single_statement(account().id, move |stores| stores.jobs().exchange(account().id, &[], &claim));
        harness.runtime().block_on(exchanged).map_err(|error: StoreError| error).unwrap().claimed
    };
    // First one job per claim. On PostgreSQL such a claim may return nothing: it claims the unreadable job, so later claims skip
    // it.
    let mut claimed: Vec<_> = (0..3).flat_map(|_| claim(1)).collect();
    assert!(!claimed.is_empty());
    claimed.extend(claim(100));
    assert_eq!(claimed.len(), 3);
    let expired = harness.write(|stores| stores.jobs().lock_expired(account().id, now().minutes_before(-60), TERM, 100));
    let ids = |jobs: &[Job]| jobs.iter().map(|job| job.id).collect::<BTreeSet<_>>();
    assert!(expired.len() >= 3 && ids(&claimed).is_subset(&ids(&expired)), "their leases end, so they can be rescued");
}

#[test]
fn a_job_that_can_not_be_read_holds_up_no_other_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("news.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    passed_over(&url, || SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(NEWS).unwrap());
}

#[test]
fn a_job_that_can_not_be_read_holds_up_no_other_on_postgres() {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let newer = || PgConnection::establish(database.url()).unwrap().batch_execute(NEWS).unwrap();
    passed_over(&database.url().parse().unwrap(), newer);
}

const RUNNING: &str = "UPDATE jobs SET status = 'running', worker = X, lease_token = X, lease_until = start_at, started_at = start_at \
                       WHERE action = 'water_the_plants'";

#[test]
fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("future.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let run = |statement: &str| SqliteConnection::establish(path.to_str().unwrap()).unwrap().batch_execute(statement).unwrap();
    left_alone(&url, || run(FUTURE));
    run(&RUNNING.replace('X', "zeroblob(16)"));
    rescued_by_others(&url);
}

#[test]
fn on_postgres() {
    let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
    let database = PostgresServer::shared().unwrap().create_database(&template).unwrap();
    let url = database.url().parse().unwrap();
    let run = |statement: &str| PgConnection::establish(database.url()).unwrap().batch_execute(statement).unwrap();
    left_alone(&url, || run(FUTURE));
    run(&RUNNING.replace('X', "gen_random_uuid()"));
    rescued_by_others(&url);
}
