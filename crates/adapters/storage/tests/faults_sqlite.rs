//! Tests what callers see when two processes write to one file of SQLite.
#![cfg(test)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use derslik_domain::job::{Action, LeaseTerm, LeaseToken, NewJob, Pruning, WorkerId};
use derslik_domain::session::{FilterForm, Session, SessionName};
use derslik_ports::outbound::{Claim, StoreError, Stores, UnitOfWork};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, guid, now, session};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use tokio::runtime::Handle;
use uuid::Uuid;

/// More than a writer waits by default, also on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(30);

const PROCESSES: u128 = 2;
const WRITERS: u128 = 4;
const ROUNDS: u128 = 150;

/// The number of the session whose counter all writers increment.
const SHARED: u128 = 0;

fn count_of(session: &Session) -> u128 {
    session.name.as_str().parse().unwrap()
}

fn counted(session: Session, count: u128) -> Session {
    Session { name: SessionName::new(count.to_string()).unwrap(), ..session }
}

/// Increments the counter of the shared session and adds a session, in one transaction.
async fn write(uow: &DieselUnitOfWork, own: u128) -> Result<(), StoreError> {
    let work = move |stores: &mut dyn Stores| {
        let sessions = stores.sessions();
        let shared = sessions.lock_many(account().id, &BTreeSet::from([guid(SHARED)]))?.remove(&guid(SHARED)).unwrap();
        let count = count_of(&shared) + 1;
        sessions.update_many(account().id, &[&counted(shared, count)])?;
        sessions.insert_many(account().id, &[&counted(session(guid(own)), count)])
    };
    uow.write(account().id, work).await
}

/// Reads until `stop` is set, and asserts that the counter never decreases.
async fn read(uow: DieselUnitOfWork, stop: Arc<AtomicBool>) -> Result<u128, StoreError> {
    let mut last = 0;
    while !stop.load(Ordering::Relaxed) {
        let count = uow
            .read(account().id, |stores| Ok::<_, StoreError>(stores.sessions().find(account().id, guid(SHARED))?.as_ref().map(count_of)))
            .await?;
        let count = count.unwrap();
        assert!(count >= last, "{count} after {last}");
        last = count;
        let filter = FilterForm::default().validate().unwrap();
        uow.read(account().id, move |stores| stores.sessions().search(account().id, &filter)).await?;
    }
    Ok(last)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_writers_and_readers_share_a_file_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("shared.sqlite"));
    url.migrate().unwrap();
    // Without syncs to the disk: the test is about how writers wait for each other.
    let settings = PoolSettings { sqlite_full_sync: false, ..PoolSettings::default() };
    let processes: Vec<_> = (0..PROCESSES).map(|_| DieselUnitOfWork::new(&url, settings, &Handle::current())).collect();
    let first = counted(session(guid(SHARED)), 0);
    processes[0].write(account().id, move |stores| stores.sessions().insert_many(account().id, &[&first])).await.unwrap();

    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> =
        processes.iter().flat_map(|uow| (0..2).map(|_| tokio::spawn(read(uow.clone(), Arc::clone(&stop)))).collect::<Vec<_>>()).collect();
    let writers: Vec<_> = (0..PROCESSES * WRITERS)
        .map(|writer| {
            let uow = processes[usize::try_from(writer % PROCESSES).unwrap()].clone();
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    write(&uow, 1 + writer * ROUNDS + round).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap().unwrap();
    }

    let total = PROCESSES * WRITERS * ROUNDS;
    let numbers: BTreeSet<_> = (0..=total).map(guid).collect();
    let found = processes[1].write(account().id, move |stores| stores.sessions().lock_many(account().id, &numbers)).await.unwrap();
    assert_eq!(count_of(&found[&guid(SHARED)]), total);
    let counts: BTreeSet<_> = found.values().filter(|session| session.guid != guid(SHARED)).map(count_of).collect();
    assert_eq!(counts, (1..=total).collect(), "each write saw a count of its own");
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

#[tokio::test]
async fn a_writer_that_waits_too_long_for_another_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("held.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let uow = DieselUnitOfWork::new(&url, PoolSettings::default(), &Handle::current());
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    assert_eq!(sql_query("PRAGMA journal_mode").get_result::<JournalMode>(&mut other).unwrap().journal_mode, "wal");
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let begin = Instant::now();
    let refused = uow.write(account().id, |stores| stores.sessions().insert_many(account().id, &[&session(guid(1))])).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(begin.elapsed() < TIME_LIMIT, "{:?}", begin.elapsed());
    assert!(uow.read(account().id, |stores| stores.sessions().find(account().id, guid(1))).await.unwrap().is_none(), "readers do not wait");

    other.batch_execute("ROLLBACK").unwrap();
    uow.write(account().id, |stores| stores.sessions().insert_many(account().id, &[&session(guid(1))])).await.unwrap();
}

fn empty_database(folder: &tempfile::TempDir) -> DieselUnitOfWork {
    let url = DatabaseUrl::Sqlite(folder.path().join("empty.sqlite"));
    url.migrate().unwrap();
    DieselUnitOfWork::new(&url, PoolSettings::default(), &Handle::current())
}

fn insert(stores: &mut dyn Stores, number: u128) -> Result<(), StoreError> {
    stores.sessions().insert_many(account().id, &[&session(guid(number))])
}

#[tokio::test]
async fn a_write_of_one_statement_is_refused_a_second_statement_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let uow = empty_database(&folder);
    uow.write_single_statement(account().id, |stores| insert(stores, 1)).await.unwrap();

    let refused = uow.write_single_statement(account().id, |stores| insert(stores, 2).and_then(|()| insert(stores, 3))).await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    let numbers = [guid(1), guid(2), guid(3)];
    let found = uow.read(account().id, move |stores| stores.sessions().find_many(account().id, &numbers)).await.unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [guid(1)]);
}

/// Claims one job. On SQLite this takes a statement to find it and one to change it.
fn claim_one(stores: &mut dyn Stores) -> Result<usize, StoreError> {
    let (worker, token) = (WorkerId::new(Uuid::from_u128(1)), LeaseToken::new(Uuid::from_u128(2)));
    let actions = [Action::Prune].into_iter().collect();
    let claim = Claim { worker, token, term: LeaseTerm::DEFAULT, at: now(), actions, limit: 1 };
    Ok(stores.jobs().exchange(account().id, &[], &claim)?.claimed.len())
}

#[tokio::test]
async fn a_call_that_takes_several_statements_on_sqlite_counts_as_one_statement() {
    let folder = tempfile::tempdir().unwrap();
    let uow = empty_database(&folder);
    let jobs = Pruning::ALL.map(|what| NewJob::prune(what, now(), now()));
    uow.write(account().id, move |stores| stores.jobs().enqueue_many(account().id, &jobs)).await.unwrap();

    let refused = uow.write_single_statement(account().id, |stores| Ok::<_, StoreError>(claim_one(stores)? + claim_one(stores)?)).await;
    assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    assert_eq!(uow.write_single_statement(account().id, claim_one).await.unwrap(), 1);
}
