//! Tests what other programs can do with a database of SQLite.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use derslik_domain::audit::{
    AuditEvent, AuditHead, Checkpoint, Erasure, ErasureStage, NewAuditRecord, Requester, Seal, SealKeyId, SealSequence, StoredSeal,
};
use derslik_domain::clock::VirtualClock;
use derslik_domain::course::CalendarDate;
use derslik_domain::course::alias::{Alias, AliasSpace};
use derslik_domain::course::grading_period::{GradingPeriod, GradingPeriodSettings, GradingPeriodTitle};
use derslik_domain::id::{Id, JobId};
use derslik_domain::idempotency::{Answer, AnswerCode, IdempotencyKey, KeptAnswer, RequestDigest};
use derslik_domain::identity::{
    AdminRole, CredentialKind, DataSubject, Delegation, GrantProof, PasswordHash, Principal, PublicKey, Scope, SecretDigest,
    ServiceAccount, ServiceAddress, ServiceName, SignatureAlgorithm, Username,
};
use derslik_domain::job::{
    Action, ErasureUsers, LeaseTerm, LeaseToken, NewJob, Platform, Progress, Project, ProjectName, Pruning, ReferenceId, WorkerId,
};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_ports::outbound::{
    AdminToAdd, Claim, Completion, Enqueued, HeldJob, KnownTestAccount, NewCredential, NewGrant, OwnedKey, Projection, SignInToAdd,
};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, attendee, course, guid, now, service_principal, session, user};
use derslik_testkit::contract::Harness;
use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, RunQueryDsl, sql_query};
use uuid::Uuid;

use super::{Count, Name, empty_sqlite, migrations};

/// The output of the system's `sqlite3`, which `scripts/require sqlite3` installs. It must neither fail nor print an error.
fn sqlite3(path: &Path, input: &str) -> String {
    let mut command = Command::new("sqlite3");
    command.args(["-batch", "-bail"]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().expect("the system has sqlite3: scripts/require sqlite3");
    let mut stdin = running.stdin.take().unwrap();
    let answer = thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input.as_bytes()).unwrap());
        running.wait_with_output().unwrap()
    });
    let complaints = String::from_utf8(answer.stderr).unwrap();
    assert!(answer.status.success() && complaints.is_empty(), "{complaints}");
    String::from_utf8(answer.stdout).unwrap()
}

/// Inserts at least one row into each table.
pub(super) fn fill(path: &Path) {
    let harness = connect(path);
    fill_people(&harness);
    fill_grants(&harness);
    fill_courses(&harness);
    fill_sessions_and_jobs(&harness);
    fill_test_control(&harness);
    // The program writes a twin only when two rows of an older version have the same key now.
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("INSERT INTO key_twins (account_id, subject, row_id) VALUES (1329, 'sessions', '1')").unwrap();
}

/// Inserts an account of a test, and its clock.
fn fill_test_control(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        stores.test_accounts().put(&KnownTestAccount { account: account().id, public: account().id.get(), lives_until: Some(now()) })?;
        stores.clocks().replace(account().id, None, Some(VirtualClock::Frozen(now())))
    });
}

/// Inserts a user with a password, a key and a project, an admin with a sign-in, a stored answer, and an audit record.
fn fill_people(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        stores.identity().add_account(&account(), now())?;
        stores.users().add(account().id, &user(2))?;
        stores.identity().set_password(account().id, Id::new(2), &PasswordHash::new("hash"), now())?;
        let credential = NewCredential {
            kind: CredentialKind::AccessKey,
            public_id: "demo-access".to_owned(),
            digest: SecretDigest::new([1; 32]),
            scopes: Scope::ALL.into_iter().collect(),
            expires_at: None,
            project: Some(Id::new(3)),
            access_key: None,
            at: now(),
        };
        let owner = Principal { id: Id::new(2), ..service_principal() };
        stores.identity().add_credential(account().id, owner, &credential)?;
        let name = Username::parse("yönetici").unwrap();
        let admin = stores.admins().add(&AdminToAdd { name, role: AdminRole::Operator, hash: PasswordHash::new("hash"), at: now() })?;
        let (digest, expires_at) = (SecretDigest::new([2; 32]), now().minutes_before(-720));
        stores.admins().add_sign_in(&SignInToAdd { digest, admin: admin.id, expires_at })?;
        let project = Project {
            id: Id::new(3),
            key: "3sWXSsqHgSKnE87YkNJK".parse().unwrap(),
            name: ProjectName::new("Işık").unwrap(),
            platform: Platform::Ios,
            created_at: now(),
        };
        stores.projects().add(account().id, &project)?;
        let key = OwnedKey { account: account().id, principal: Id::new(2), key: IdempotencyKey::parse("key").unwrap() };
        let answer = Answer { code: AnswerCode::new(7), body: b"[]".to_vec() };
        let kept = KeptAnswer { request: RequestDigest::new([9; 32]), answer, at: now() };
        stores.idempotency().keep(&key, &kept, KeptAnswer::forgotten_before(now()))?;
        let (subject, stage) = (ReferenceId::new("a@b").unwrap(), ErasureStage::Requested(Requester::Operator));
        for job in [1, 2] {
            let event = AuditEvent::Erasure(Erasure { job: JobId::new(job), subject: subject.clone(), stage });
            stores.audit().add(account().id, &NewAuditRecord { at: now(), event })?;
        }
        let (key, seal) = (SealKeyId::new([3; 8]), Seal::new([4; 32]));
        let records = stores.seals().unsealed(account().id, 10)?;
        let sequences = (1..).map(SealSequence::new);
        let seals: Vec<_> =
            records.iter().zip(sequences).map(|(record, sequence)| StoredSeal { sequence, record: record.id, key, seal }).collect();
        stores.seals().add(account().id, &seals)?;
        let head = AuditHead { sequence: SealSequence::new(1), seal };
        stores.seals().prune(account().id, &Checkpoint { head, at: now(), key, code: seal }).map(drop)
    });
}

/// Inserts a service account with a key, which may act for a user.
fn fill_grants(harness: &Harness<DieselUnitOfWork>) {
    let scopes = [Scope::Courses].into_iter().collect();
    let service = ServiceAccount {
        address: ServiceAddress { account: account().id, name: ServiceName::parse("timetable").unwrap() },
        principal: Id::new(2),
        scopes,
        delegation: Delegation::People(BTreeSet::from([Id::new(2)])),
        created_at: now(),
    };
    let key = NewGrant {
        principal: service.principal,
        public_id: "0a".to_owned(),
        proof: GrantProof::Key { algorithm: SignatureAlgorithm::Es256, key: PublicKey::new([1, 2, 3]) },
        scopes,
        project: None,
        expires_at: None,
        at: now(),
    };
    harness.write(move |stores| {
        stores.grants().add_service_account(&service)?;
        stores.grants().add(account().id, &key).map(drop)
    });
}

/// Inserts a course with an owner, an alias and a grading period.
fn fill_courses(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        stores.courses().insert(account().id, &course(1))?;
        stores.aliases().add(account().id, Id::new(1), AliasSpace::Domain, &Alias::parse("d:tek").unwrap(), now())?;
        let period = GradingPeriod {
            id: Id::new(1),
            title: GradingPeriodTitle::new("1. Dönem").unwrap(),
            start: CalendarDate::new(2026, 1, 1).unwrap(),
            end: CalendarDate::new(2026, 6, 1).unwrap(),
        };
        stores.grading_periods().replace(account().id, Id::new(1), &GradingPeriodSettings::new(vec![period], true).unwrap())
    });
}

/// Inserts indexed, pending and deleted sessions, an attendee, an erased attendee, and jobs with and without progress.
fn fill_sessions_and_jobs(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        let sessions: Vec<_> = (1..=3).map(|number| session(guid(number))).collect();
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
        for projection in Projection::ALL {
            stores.change_log().catch_up(account().id, projection, 10)?;
        }
        let deleted = session(guid(2)).deleted(service_principal().id, now()).expect("it was not deleted before");
        stores.sessions().update_many(account().id, &[&deleted])?;
        stores.sessions().insert_many(account().id, &[&session(guid(4))])?;
        stores.attendees().insert_many(account().id, &[attendee(1, 1), attendee(1, 7)])?;
        let erased = DataSubject::new(attendee(1, 7).email.as_str(), Vec::new());
        stores.attendees().erase_of(account().id, &erased, Id::new(1), BatchSize::DEFAULT)?;
        let jobs = [NewJob::prune(Pruning::EndedJobs, now(), now()), NewJob::expire_sessions(now(), now())];
        stores.jobs().enqueue_many(account().id, &jobs)?;
        let users = ErasureUsers::new(vec![ReferenceId::new("a@b").unwrap()]).unwrap();
        stores.erasures().add_users(account().id, Id::new(2), &users)?;
        let claim = Claim {
            worker: WorkerId::new(Uuid::from_u128(1)),
            token: LeaseToken::new(Uuid::from_u128(2)),
            term: LeaseTerm::DEFAULT,
            at: now(),
            actions: [Action::Prune].into_iter().collect(),
            limit: 1,
        };
        let claimed = stores.jobs().claim(account().id, &claim)?;
        let held = HeldJob { job: claimed[0].id, token: claim.token };
        let done = Completion { held, result: Some(Progress::Rows(RowCount::new(7))) };
        stores.jobs().complete_many(account().id, &[done], now())
    });
}

fn connect(path: &Path) -> Harness<DieselUnitOfWork> {
    let url = DatabaseUrl::Sqlite(path.to_owned());
    Harness::new(|runtime| {
        DieselUnitOfWork::new(
            &url,
            PoolSettings { statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
            runtime,
        )
    })
}

/// The tables without rows.
fn empty_tables(path: &Path) -> Vec<String> {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let tables: Vec<Name> = sql_query("SELECT name FROM sqlite_schema WHERE type = 'table'").load(&mut conn).unwrap();
    let mut names: Vec<_> = tables.into_iter().map(|table| table.name).collect();
    names.retain(|name| {
        let count = sql_query(format!("SELECT count(*) AS count FROM \"{name}\"")).get_result::<Count>(&mut conn).unwrap();
        count.count == 0
    });
    names
}

#[test]
fn a_dump_that_the_systems_sqlite3_makes_and_reads_has_every_row() {
    let (folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    let path = Path::new(&path);
    fill(path);
    assert_eq!(empty_tables(path), Vec::<String>::new());
    assert_eq!(sqlite3(path, "PRAGMA integrity_check;"), "ok\n");
    let dump = sqlite3(path, ".dump");
    assert!(dump.contains("INSERT INTO jobs "), "{dump}");

    let restored = folder.path().join("restored.sqlite");
    assert_eq!(sqlite3(&restored, &dump), "");
    assert_eq!(sqlite3(&restored, ".dump"), dump);
    assert_eq!(sqlite3(&restored, "PRAGMA integrity_check;"), "ok\n");
    // To the program, the restored database is the same as before.
    assert!(DatabaseUrl::Sqlite(restored.clone()).migrate().unwrap().applied.is_empty());
    let harness = connect(&restored);
    for number in [1, 3, 4] {
        let found = harness.read(move |stores| stores.sessions().find(account().id, guid(number)));
        assert_eq!(found, Some(session(guid(number))));
    }
    for projection in Projection::ALL {
        while harness.write(move |stores| stores.change_log().catch_up(account().id, projection, 10)) > RowCount::ZERO {}
    }
    let enqueued = harness.write(|stores| stores.jobs().enqueue(account().id, &NewJob::prune(Pruning::DeletedRows, now(), now())));
    assert!(matches!(enqueued, Enqueued::Created(job) if job.id == JobId::new(3)));
}

#[test]
fn aliases_that_an_older_program_stored_are_whole_for_the_systems_sqlite3() {
    const ALIASES: &str = "SELECT account_id, project_id, alias, alias_key, course_id, created_at FROM course_aliases;";
    let (_folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    let path = Path::new(&path);
    fill(path);
    let stored = sqlite3(path, ALIASES);
    assert_eq!(stored.lines().count(), 1);
    let older = fs::read_to_string(migrations("sqlite").join("2026-11-29-000054_alias_key_first/down.sql")).unwrap();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(&older).unwrap();
    conn.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261129000054'").unwrap();
    drop(conn);
    assert_eq!(sqlite3(path, ALIASES), stored);

    assert_eq!(url.migrate().unwrap().applied.len(), 1);
    assert_eq!(sqlite3(path, ALIASES), stored);
    assert_eq!(sqlite3(path, "PRAGMA integrity_check;"), "ok\n");
}
