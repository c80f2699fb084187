//! Tests jobs next to older programs, which find them by their status: a database that such a program may use, and the jobs that its
//! worker leaves behind.

use std::time::Duration;

use derslik_domain::id::JobId;
use derslik_domain::job::{Action, Job, LeaseTerm, LeaseToken, NewJob, ReferenceId, WorkerId};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{Claim, Completion, HeldJob};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, now};
use derslik_testkit::contract::Harness;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::{Pg, PgConnection};
use diesel::{Connection, RunQueryDsl, sql_query};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use uuid::Uuid;

use super::{Name, empty_postgres, migrations};

/// The migration that takes the indexes of older programs away from a new database.
const CONTRACT: &str = "20261130000084";

const ACCOUNT: &str = "
    INSERT INTO accounts (id, name, lang, timezone, start_date_mode, created_at)
    VALUES (1329, 'demo', 'tr', 'Europe/Istanbul', 'civil', now())";

/// The statement by which an older program creates jobs. It names their key.
const OLDER_ENQUEUE: &str = "
    INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
        failures, created_at, updated_at)
    SELECT 1329, 0, 'assign_calendar_id', '42', sha256('42'), 10, 'scheduled', at, at, 0, '[]', at, at
    FROM (SELECT timestamptz '2020-01-01 00:00:00Z' AS at) AS new
    ON CONFLICT (account_id, project_id, action, reference_digest) WHERE status IN ('scheduled', 'running') DO NOTHING";

/// The claim of an older program, of all jobs but one.
const OLDER_CLAIM: &str = "
    UPDATE jobs SET status = 'running', attempts = 1, worker = gen_random_uuid(), started_at = due_at,
        lease_token = '00000000-0000-0000-0000-000000000007', lease_until = due_at + interval '15 seconds'
    WHERE reference <> '3'";

const TERM: LeaseTerm = LeaseTerm::DEFAULT;
const TOKEN: LeaseToken = LeaseToken::new(Uuid::from_u128(8));

fn connect(url: &DatabaseUrl) -> Harness<DieselUnitOfWork> {
    let settings = PoolSettings { connections: 2, statement_timeout: Duration::from_secs(60), ..PoolSettings::default() };
    Harness::new(|runtime| DieselUnitOfWork::new(url, settings, runtime))
}

fn needed(conn: &mut PgConnection) -> String {
    sql_query("SELECT needs AS name FROM schema_compatibility").get_result::<Name>(conn).unwrap().name
}

fn due_job(reference: &str) -> NewJob {
    NewJob::assign_calendar_id(ReferenceId::new(reference).unwrap(), now())
}

fn claim(harness: &Harness<DieselUnitOfWork>) -> Vec<Job> {
    let (worker, actions) = (WorkerId::new(Uuid::from_u128(1)), Action::ALL.into_iter().collect());
    let claim = Claim { worker, token: TOKEN, term: TERM, at: now(), actions, limit: 100 };
    harness.write(move |stores| stores.jobs().claim(account().id, &claim))
}

/// The jobs whose lease has ended a minute later.
fn expired(harness: &Harness<DieselUnitOfWork>) -> Vec<JobId> {
    let later = now().plus(Duration::from_secs(60));
    let jobs = harness.write(move |stores| stores.jobs().lock_expired(account().id, later, TERM, 10));
    jobs.into_iter().map(|job| job.id).collect()
}

#[test]
fn a_database_in_use_keeps_the_key_that_older_programs_name_on_postgres() {
    let database = empty_postgres();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    let source = FileBasedMigrations::from_path(migrations("postgres")).unwrap();
    let all = MigrationSource::<Pg>::migrations(&source).unwrap();
    for _ in all.iter().filter(|migration| migration.name().version().to_string().as_str() < CONTRACT) {
        conn.run_next_migration(source.clone()).unwrap();
    }
    conn.batch_execute(ACCOUNT).unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    assert_eq!(url.migrate().unwrap().applied.first().map(String::as_str), Some(CONTRACT));

    assert_eq!(needed(&mut conn), "20261129000062");
    assert_eq!([1, 0], [(); 2].map(|()| sql_query(OLDER_ENQUEUE).execute(&mut conn).unwrap()));
    let harness = connect(&url);
    assert_eq!(harness.write(|stores| stores.jobs().enqueue_many(account().id, &[due_job("42"), due_job("43")])), 1);
    let done: Vec<_> = claim(&harness).iter().map(|job| Completion { held: HeldJob { job: job.id, token: TOKEN }, result: None }).collect();
    assert_eq!(done.len(), 2);
    assert_eq!(harness.write(move |stores| stores.jobs().complete_many(account().id, &done, now())).len(), 2);
    assert_eq!(sql_query(OLDER_ENQUEUE).execute(&mut conn).unwrap(), 1, "an ended job makes room for another like it");
}

#[test]
fn a_new_database_is_not_for_older_programs_on_postgres() {
    let database = empty_postgres();
    let url: DatabaseUrl = database.url().parse().unwrap();
    url.migrate().unwrap();
    let mut conn = PgConnection::establish(database.url()).unwrap();
    assert_eq!(needed(&mut conn), "20261130000083");
    assert!(sql_query(OLDER_ENQUEUE).execute(&mut conn).is_err());
}

#[test]
fn jobs_that_an_older_worker_has_claimed_are_rescued_on_postgres() {
    let database = empty_postgres();
    let url: DatabaseUrl = database.url().parse().unwrap();
    url.migrate().unwrap();
    let harness = connect(&url);
    let jobs = ["1", "2", "3"].map(due_job);
    harness.write(move |stores| stores.jobs().enqueue_many(account().id, &jobs));
    PgConnection::establish(database.url()).unwrap().batch_execute(OLDER_CLAIM).unwrap();

    let adopt = || harness.write(|stores| stores.jobs().adopt_running());
    assert_eq!(expired(&harness), []);
    assert_eq!(adopt(), RowCount::new(1));
    assert_eq!(expired(&harness).len(), 2);
    assert_eq!(adopt(), RowCount::ZERO);
    // The third one still waits.
    assert_eq!(claim(&harness).len(), 1);
    assert_eq!(harness.read(|stores| stores.jobs().depth()).running, 3);
}
