//! Changes of courses that share statements on PostgreSQL: one statement reads the courses for all callers that wait, and another one
//! writes those that changed. This module does not know what a change is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use derslik_domain::course::Revision;
use derslik_domain::id::{AccountId, CourseId, PrincipalId};
use derslik_ports::outbound::{CourseLookup, CourseRepository, CourseWithMembership, DecideCourse, StoreError};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::updates::{self, ReadCourse};
use crate::db::attempt::{read_on, write_single_statement_on};
use crate::db::conn::Conn;
use crate::db::limit::Limit;
use crate::db::pool::Pool;
use crate::db::postgres::PgConnector;
use crate::db::settings::{MAX_IN_FLIGHT, PoolSettings};
use crate::db::shared::{BatchHandler, Pending, Reply, SharedRequests, refuse_all};

/// Changes courses where it read them. It has connections of its own, so that no lookup waits for a commit.
pub(crate) struct CourseBatchWriter(SharedRequests<Writer>);

struct Writer {
    pool: Arc<Pool<PgConnector>>,
}

struct Request {
    viewed: CourseLookup,
    decide: DecideCourse,
}

/// A course that its caller has changed, and that is not written yet.
struct Changed {
    author: PrincipalId,
    read: Revision,
    record: CourseWithMembership,
    reply: Reply<Option<CourseWithMembership>>,
}

impl CourseBatchWriter {
    pub(crate) fn new(connector: PgConnector, settings: PoolSettings, runtime: &Handle) -> Self {
        let pool = Pool::new(connector, MAX_IN_FLIGHT, settings);
        Self(SharedRequests::new(Writer { pool }, settings, runtime))
    }

    /// Changes one course, as [`CourseWriter`](derslik_ports::outbound::CourseWriter) says.
    pub(crate) async fn change(
        &self,
        account: AccountId,
        viewed: CourseLookup,
        decide: DecideCourse,
    ) -> Result<Option<CourseWithMembership>, StoreError> {
        self.0.send(account, Request { viewed, decide }).await
    }
}

impl BatchHandler for Writer {
    type Request = Request;
    type Reply = Option<CourseWithMembership>;

    fn handle(&self, account: AccountId, batch: Vec<Pending<Self>>, limit: &Limit) {
        let viewed: Vec<_> = batch.iter().map(|pending| pending.request.viewed).collect();
        let found: Result<_, StoreError> = read_on(&self.pool, limit, |stores| CourseRepository::find_many(stores, account, &viewed));
        match found {
            Ok(found) => self.write(account, decide_all(batch, found), limit),
            Err(StoreError::Unavailable(unavailable)) => refuse_all(batch.into_iter().map(|pending| pending.reply), unavailable),
            // One of the courses can't be read, which concerns its own callers alone.
            Err(_) => leave_all(batch.into_iter().map(|pending| pending.reply)),
        }
    }
}

impl Writer {
    fn write(&self, account: AccountId, changed: BTreeMap<CourseId, Changed>, limit: &Limit) {
        if changed.is_empty() {
            return;
        }
        match self.update(account, &changed, limit) {
            Ok(written) => {
                for (id, Changed { record, reply, .. }) in changed {
                    reply.send(Ok(written.contains(&id).then_some(record)));
                }
            }
            // If the connection broke, it is unknown whether the statement was committed, so no change may be made again.
            Err(StoreError::Unavailable(unavailable)) => refuse_all(changed.into_values().map(|change| change.reply), unavailable),
            // The database refused the statement, and nothing was written. The reason may concern one course alone.
            Err(_) => leave_all(changed.into_values().map(|change| change.reply)),
        }
    }

    /// Writes the courses in one statement, and returns the ids of those that were as they had been read.
    fn update(&self, account: AccountId, changed: &BTreeMap<CourseId, Changed>, limit: &Limit) -> Result<BTreeSet<CourseId>, StoreError> {
        let rows: Vec<_> =
            changed.values().map(|change| ReadCourse::new(account, &change.record.course, change.read, change.author)).collect();
        let written: Result<_, StoreError> = write_single_statement_on(&self.pool, limit, &Notify::new(), |stores| {
            stores.query(|conn| match conn {
                Conn::Pg(conn) => updates::update_as_read(conn, account, &rows),
                Conn::Sqlite(_) => Ok(Vec::new()),
            })
        });
        Ok(written?.into_iter().map(CourseId::new).collect())
    }
}

/// Lets each caller decide, and returns the changed courses in the order of their ids, each with its first change. The other callers
/// are told that nothing was written.
fn decide_all(batch: Vec<Pending<Writer>>, mut found: HashMap<CourseLookup, CourseWithMembership>) -> BTreeMap<CourseId, Changed> {
    let mut changed: BTreeMap<CourseId, Changed> = BTreeMap::new();
    for Pending { request: Request { viewed, decide }, reply } in batch {
        let record = found.remove(&viewed).filter(|_| !changed.contains_key(&viewed.course));
        let Some(record) = record else {
            reply.send(Ok(None));
            continue;
        };
        let (read, membership) = (record.course.revision, record.membership);
        // After a panic the reply is dropped, so that this caller alone gets an error.
        let Ok(decided) = catch_unwind(AssertUnwindSafe(|| decide(record))) else { continue };
        match decided {
            Some(course) => {
                let record = CourseWithMembership { course, membership };
                changed.insert(viewed.course, Changed { author: viewed.viewer, read, record, reply });
            }
            None => reply.send(Ok(None)),
        }
    }
    changed
}

/// Tells callers that nothing was written.
fn leave_all(replies: impl Iterator<Item = Reply<Option<CourseWithMembership>>>) {
    replies.for_each(|reply| reply.send(Ok(None)));
}
