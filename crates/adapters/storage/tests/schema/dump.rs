//! What other programs make of a database of SQLite.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use derslik_domain::id::JobId;
use derslik_domain::job::{Action, LeaseTerm, LeaseToken, NewJob, Progress, Pruning, RowCount, WorkerId};
use derslik_ports::outbound::{Claim, Completion, Enqueued, HeldJob};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, attendee, guid, now, service_principal, session};
use derslik_testkit::contract::Harness;
use uuid::Uuid;

use super::empty_sqlite;

/// What the system's `sqlite3` answers, which `scripts/require sqlite3` installs. It must not fail, nor complain.
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

/// Sessions that are indexed, noted and deleted, one of which somebody attends, and jobs with and without progress.
fn fill(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        let sessions: Vec<_> = (1..=3).map(|number| session(guid(number))).collect();
        stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>())?;
        stores.sessions().index(account().id, 10)?;
        let deleted = session(guid(2)).deleted(service_principal().id, now());
        stores.sessions().update_many(account().id, &[&deleted])?;
        stores.sessions().insert_many(account().id, &[&session(guid(4))])?;
        stores.attendees().insert_many(account().id, &[attendee(1, 1)])?;
        let jobs = [NewJob::prune(Pruning::EndedJobs, now(), now()), NewJob::expire_sessions(now(), now())];
        stores.jobs().enqueue_many(account().id, &jobs)?;
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

#[test]
fn a_dump_that_the_systems_sqlite3_makes_and_reads_has_every_row() {
    let (folder, url, path) = empty_sqlite();
    url.migrate().unwrap();
    fill(&connect(Path::new(&path)));
    let path = Path::new(&path);
    assert_eq!(sqlite3(path, "PRAGMA integrity_check;"), "ok\n");
    let dump = sqlite3(path, ".dump");
    assert!(dump.contains("INSERT INTO jobs "), "{dump}");

    let restored = folder.path().join("restored.sqlite");
    assert_eq!(sqlite3(&restored, &dump), "");
    assert_eq!(sqlite3(&restored, ".dump"), dump);
    assert_eq!(sqlite3(&restored, "PRAGMA integrity_check;"), "ok\n");
    // And for the program it is the database that it was.
    assert!(DatabaseUrl::Sqlite(restored.clone()).migrate().unwrap().applied.is_empty());
    let harness = connect(&restored);
    for number in [1, 3, 4] {
        let found = harness.read(move |stores| stores.sessions().find(account().id, guid(number)));
        assert_eq!(found, Some(session(guid(number))));
    }
    while harness.write(|stores| stores.sessions().index(account().id, 10)) > RowCount::ZERO {}
    let enqueued = harness.write(|stores| stores.jobs().enqueue(account().id, &NewJob::prune(Pruning::DeletedRows, now(), now())));
    assert!(matches!(enqueued, Enqueued::Created(job) if job.id == JobId::new(3)));
}
