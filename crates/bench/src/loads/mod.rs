//! The loads, one file each.

mod bare_actix;
mod batch_create;
mod course_get;
mod course_list;
mod course_patch;
mod curves;
mod get_session;
mod get_session_encrypted;
mod guessing;
mod job_get;
mod job_list;
mod select_one;
mod select_session;
mod sqlite_batch;
mod sqlite_get;
mod unnest_insert;
mod web_peer;

pub(crate) use self::bare_actix::serve as serve_bare;
pub(crate) use self::curves::{CurvesPlan, measure as measure_curves};
pub(crate) use self::web_peer::PAIRS as WEB_PAIRS;

use self::bare_actix::BareActix;
use self::batch_create::BatchCreate;
use self::course_get::{GetCourse, SelectCourse};
use self::course_list::{ListCourses, SelectCourses};
use self::course_patch::{PatchCourse, UpdateCourse};
use self::get_session::GetSession;
use self::get_session_encrypted::GetSessionEncrypted;
use self::guessing::Guessing;
use self::job_get::{GetJob, SelectJob};
use self::job_list::{ListJobs, SelectJobs};
use self::select_one::SelectOne;
use self::select_session::SelectSession;
use self::sqlite_batch::{SqliteBatchCreate, SqliteInsert};
use self::sqlite_get::SqliteGetSession;
use self::unnest_insert::UnnestInsert;
use self::web_peer::{Call, WebPeer};
use crate::meter::Measured;
use crate::queues::{Engine, Floor, Peer, StartLag};

/// Two loads whose rates are compared within each round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// The load that has the goal.
    pub(crate) load: &'static str,
    /// The load to compare it with.
    pub(crate) limit: &'static str,
    /// The goal: the ratio should not be lower.
    pub(crate) goal: Option<f64>,
}

/// The pairs that a report compares.
pub(crate) const PAIRS: [Pair; 19] = [
    Pair { load: batch_create::NAME, limit: unnest_insert::NAME, goal: Some(0.75) },
    Pair { load: unnest_insert::RECORDED, limit: unnest_insert::NAME, goal: None },
    Pair { load: get_session::NAME, limit: select_session::NAME, goal: Some(0.6) },
    Pair { load: get_session::NAME, limit: bare_actix::NAME, goal: None },
    // At most 1.3 times the cost of a connection without TLS, and for the bare statement at most twice.
    Pair { load: get_session_encrypted::NAME, limit: get_session::NAME, goal: Some(0.77) },
    Pair { load: select_one::NAME, limit: select_one::LIMIT, goal: Some(0.5) },
    Pair { load: course_get::NAME, limit: course_get::LIMIT, goal: Some(0.6) },
    Pair { load: course_list::NAME, limit: course_list::LIMIT, goal: Some(0.55) },
    Pair { load: course_patch::NAME, limit: course_patch::LIMIT, goal: Some(0.5) },
    Pair { load: job_get::NAME, limit: job_get::LIMIT, goal: Some(0.6) },
    Pair { load: job_list::NAME, limit: job_list::LIMIT, goal: None },
    Pair { load: sqlite_batch::NAME, limit: sqlite_batch::LIMIT, goal: Some(0.6) },
    // Reading takes at most 1.15 times as long among 500 times as many.
    Pair { load: sqlite_get::MANY, limit: sqlite_get::FEW, goal: Some(0.87) },
    Pair { load: "jobs_100", limit: "jobs_floor", goal: Some(0.6) },
    Pair { load: "jobs_100", limit: "graphile_worker_batched", goal: Some(1.0) },
    Pair { load: "jobs_100", limit: "pg_boss", goal: Some(1.0) },
    Pair { load: "jobs_1", limit: "graphile_worker", goal: Some(2.0) },
    Pair { load: "jobs_1_1", limit: "graphile_worker", goal: None },
    Pair { load: "jobs_1", limit: "graphile_worker_8", goal: None },
];

/// All loads, in the order of the report.
pub(crate) fn all() -> Vec<Box<dyn Measured>> {
    let [few, some, many] = SqliteGetSession::among_few_and_many();
    vec![
        Box::new(BatchCreate),
        Box::new(UnnestInsert { is_recorded: false }),
        Box::new(UnnestInsert { is_recorded: true }),
        Box::new(GetSession),
        Box::new(SelectSession),
        Box::new(GetSessionEncrypted),
        Box::new(SelectOne { encrypted: false }),
        Box::new(SelectOne { encrypted: true }),
        Box::new(Guessing::default()),
        Box::new(BareActix),
        Box::new(GetCourse),
        Box::new(SelectCourse),
        Box::new(ListCourses),
        Box::new(SelectCourses),
        Box::new(PatchCourse::default()),
        Box::new(UpdateCourse::default()),
        Box::new(GetJob),
        Box::new(SelectJob),
        Box::new(ListJobs),
        Box::new(SelectJobs),
        Box::new(SqliteBatchCreate),
        Box::new(SqliteInsert),
        Box::new(few),
        Box::new(some),
        Box::new(many),
        Box::new(Engine { name: "jobs_100", title: "idle jobs, in batches of 100", batch: 100, concurrency: 400 }),
        Box::new(Floor),
        Box::new(Peer { name: "graphile_worker_batched", title: "graphile-worker, batched", program: "graphile-batched", parallel: 8 }),
        Box::new(Peer { name: "pg_boss", title: "pg-boss, in batches of 1 000", program: "pg-boss", parallel: 4 }),
        Box::new(Engine { name: "jobs_1", title: "idle jobs, one by one", batch: 1, concurrency: 8 }),
        Box::new(Engine { name: "jobs_1_1", title: "idle jobs, one at a time", batch: 1, concurrency: 1 }),
        Box::new(Peer { name: "graphile_worker", title: "graphile-worker, default: one at a time", program: "graphile", parallel: 1 }),
        Box::new(Peer { name: "graphile_worker_8", title: "graphile-worker, eight at a time", program: "graphile-8", parallel: 8 }),
        Box::new(StartLag),
        Box::new(WebPeer::fastify(Call::Batch)),
        Box::new(WebPeer::fastify(Call::Get)),
        Box::new(WebPeer::fastapi(Call::Batch)),
        Box::new(WebPeer::fastapi(Call::Get)),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_storage::{DatabaseUrl, schema_revision};
    use derslik_testkit::postgres::{PostgresServer, Template};

    use super::select_session::Selector;
    use super::unnest_insert::Inserter;
    use crate::load::Client;
    use crate::postgres::Database;
    use crate::process::Service;
    use crate::rows::Columns;
    use crate::sqlite::SessionsFile;

    #[tokio::test]
    async fn the_bare_statements_fit_the_migrated_schema() {
        let template = Template::new("derslik", &schema_revision(), |url| Ok(url.parse::<DatabaseUrl>()?.migrate().map(drop)?));
        let own = PostgresServer::shared().unwrap().create_database(&template).unwrap();
        let database = Database::open(own.url()).await.unwrap();

        let mut selector = Selector::connect(&database).await.unwrap();
        selector.request().await.unwrap();
        database.empty().await.unwrap();
        database.copy_change_log().await.unwrap();
        for is_recorded in [false, true] {
            let mut inserter = Inserter::connect(&database, is_recorded).await.unwrap();
            inserter.request().await.unwrap();
        }

        database.check_written().await.unwrap();
        assert_eq!(database.rows().await.unwrap().len(), 200);
    }

    #[test]
    fn the_bare_inserts_fit_the_migrated_file() {
        let folder = tempfile::tempdir().unwrap();
        let service = Service { program: "derslik".into(), database_url: None, folder: folder.path().to_owned(), has_operations: false };
        DatabaseUrl::Sqlite(SessionsFile::path(&service)).migrate().unwrap();
        let mut columns = Columns::new(2).unwrap();
        columns.number(7).unwrap();

        let mut file = SessionsFile::open(&service).unwrap();
        file.insert(&columns).unwrap();
        assert_eq!((file.count().unwrap(), file.rows().unwrap().len()), (2, 2));
        file.empty().unwrap();
        assert_eq!(file.count().unwrap(), 0);

        columns.number(9).unwrap();
        file.insert(&columns).unwrap();
        // Each copy has a GUID of its own.
        file.copy_up_to(1_000).unwrap();
        let guids: BTreeSet<_> = file.guids().unwrap().into_iter().collect();
        assert_eq!(guids.len(), 1_001);
    }
}
