//! Tests that the index of SQLite holds no removed session, and follows changes of sessions.
#![cfg(test)]

use derslik_domain::id::PrincipalId;
use derslik_domain::rows::BatchSize;
use derslik_domain::session::{Session, SessionDuration};
use derslik_ports::outbound::Projection;
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, guid, session};
use derslik_testkit::contract::Harness;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

struct World {
    conn: SqliteConnection,
    harness: Harness<DieselUnitOfWork>,
    _folder: tempfile::TempDir,
}

impl World {
    /// Two sessions of one principal and one of another, all indexed.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.sqlite");
        let url = DatabaseUrl::Sqlite(path.clone());
        url.migrate().unwrap();
        let conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let harness = Harness::new(|runtime| {
            DieselUnitOfWork::new(
                &url,
                PoolSettings { statement_timeout: std::time::Duration::from_secs(60), ..PoolSettings::default() },
                runtime,
            )
        });
        let made = |number, creator| Session { created_by: PrincipalId::new(creator), ..session(guid(number)) };
        let sessions = [made(1, 7), made(2, 7), made(3, 8)];
        harness.write(move |stores| stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>()));
        let mut world = Self { conn, harness, _folder: folder };
        world.index();
        assert_eq!(world.counts(), [3, 3, 0]);
        world
    }

    fn index(&mut self) {
        while self.harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SearchIndex, 2)).get() > 0 {}
        // It fails if the words of the index are not those of its sessions.
        self.conn.batch_execute("INSERT INTO session_words (session_words) VALUES ('integrity-check')").unwrap();
    }

    fn count(&mut self, from: &str) -> i64 {
        sql_query(format!("SELECT count(*) AS count FROM {from}")).get_result::<Count>(&mut self.conn).unwrap().count
    }

    /// The number of sessions in the index, with words, and pending.
    fn counts(&mut self) -> [i64; 3] {
        let words = format!("session_words WHERE session_words MATCH '{}_*'", account().id.get());
        [self.count("session_index"), self.count(&words), self.count("change_log, json_each(ids) WHERE pending & 1 <> 0")]
    }
}

#[test]
fn what_an_erasure_removes_has_no_words_at_once() {
    let mut world = World::new();
    let batch = BatchSize::new(10).unwrap();
    let erased = world.harness.write(move |stores| stores.sessions().erase_created_by(account().id, PrincipalId::new(7), batch));
    assert_eq!(erased.get(), 2);
    assert_eq!(world.counts(), [1, 1, 0]);
    world.index();
    assert_eq!(world.counts(), [1, 1, 0]);
}

#[test]
fn what_is_deleted_has_none_once_the_sweep_was_there() {
    let mut world = World::new();
    let deleted = session(guid(3)).deleted(PrincipalId::new(8), session(guid(3)).updated_at).unwrap();
    world.harness.write(move |stores| stores.sessions().update_many(account().id, &[&deleted]));
    assert_eq!(world.counts(), [3, 3, 1]);
    world.index();
    assert_eq!(world.counts(), [2, 2, 0]);
}

#[test]
fn a_change_that_no_projection_reads_is_not_recorded() {
    let mut world = World::new();
    let stored = || Session { created_by: PrincipalId::new(8), ..session(guid(3)) };
    let changed = Session { allow_recording: !stored().allow_recording, ..stored() };
    world.harness.write(move |stores| stores.sessions().update_many(account().id, &[&changed]));
    assert_eq!(world.counts(), [3, 3, 0]);
    let longer = Session { duration: SessionDuration::from_minutes(77).unwrap(), ..stored() };
    world.harness.write(move |stores| stores.sessions().update_many(account().id, &[&longer]));
    assert_eq!(world.counts(), [3, 3, 1]);
}
