//! Jobs that a newer program made, beside this one on the same database: they are left alone, and stand in nobody's way.
#![cfg(test)]

use derslik_domain::id::ProjectId;
use derslik_domain::job::{Action, JobStatus, LeaseTerm, LeaseToken, NewJob, ReferenceId, WorkerId};
use derslik_ports::outbound::{Claim, JobsPage};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings, schema_revision};
use derslik_testkit::builders::{account, now};
use derslik_testkit::contract::Harness;
use derslik_testkit::postgres::{PostgresServer, Template};
use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

const TERM: LeaseTerm = LeaseTerm::DEFAULT;

/// Turns every second job into one of an action that does not exist yet.
const FUTURE: &str = "UPDATE jobs SET action = 'water_the_plants' WHERE id % 2 = 0";

fn left_alone(url: &DatabaseUrl, from_the_future: impl FnOnce()) {
    let harness = Harness::new(|runtime| DieselUnitOfWork::new(url, PoolSettings { connections: 2, ..PoolSettings::default() }, runtime));
    let jobs: Vec<_> = (0..10)
        .map(|number| {
            NewJob::delete_user_data(ProjectId::new(1), ReferenceId::new(number.to_string()).unwrap(), now().minutes_before(2_880))
        })
        .collect();
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    from_the_future();

    let page = JobsPage { project: Some(ProjectId::new(1)), after: None, limit: 100 };
    assert_eq!(harness.read(move |stores| stores.jobs().list_shown(account().id, &page)).len(), 5);
    let known = Action::ALL.into_iter().collect();
    let (worker, token) = (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(7)));
    let claim = Claim { worker, token, term: TERM, at: now(), actions: known, limit: 100 };
    let claimed = harness.write(move |stores| stores.jobs().claim(account().id, &claim));
    assert_eq!(claimed.len(), 5, "in spite of those beside them");
    assert!(claimed.iter().all(|job| job.action == Action::DeleteUserData && job.status() == JobStatus::Running));
    assert!(harness.read(move |stores| stores.jobs().accounts_with_due(now(), known, 10)).is_empty(), "what is left is nobody's business");
    assert_eq!(harness.read(move |stores| stores.jobs().next_due(known)), None);
    assert_eq!(harness.read(|stores| stores.jobs().depth()).scheduled, 5, "but it counts");
}

/// A newer worker has them, and was not heard of since: it is the newer ones who rescue them.
fn rescued_by_others(url: &DatabaseUrl) {
    let harness = Harness::new(|runtime| DieselUnitOfWork::new(url, PoolSettings { connections: 2, ..PoolSettings::default() }, runtime));
    let later = now().minutes_before(-60);
    let expired = harness.write(move |stores| stores.jobs().lock_expired(account().id, later, TERM, 100));
    assert_eq!(expired.len(), 5);
    assert_eq!(harness.read(move |stores| stores.jobs().accounts_with_expired(later, TERM)), [account().id]);
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
