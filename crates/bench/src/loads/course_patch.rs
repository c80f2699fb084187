//! Changes of one field of a course over HTTP, and the update of the same field, prepared and without the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::courses::{PATH, TOKEN, tidy};
use crate::http::{self, Connection};
use crate::load::{Client, Load, Rig, Subject};
use crate::postgres::Counters;
use crate::rows::ACCOUNT;

pub(super) const NAME: &str = "patch_course";
pub(super) const LIMIT: &str = "update_course";

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct PatchCourse(Revisions);

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct UpdateCourse(Revisions);

/// Counts the changes: every change makes a new revision of its course, so the sum of the revisions is their number.
#[derive(Clone, Debug, Default)]
struct Revisions {
    expected: Arc<AtomicI64>,
}

struct Patcher {
    connection: Connection,
    courses: Arc<[i64]>,
    counters: Counters,
    revisions: Revisions,
}

struct Updater {
    client: tokio_postgres::Client,
    statement: Statement,
    courses: Arc<[i64]>,
    counters: Counters,
    revisions: Revisions,
}

impl Revisions {
    async fn stored(rig: &Rig) -> Result<i64> {
        let client = rig.database.connect().await?;
        Ok(client.query_one("SELECT sum(revision)::bigint FROM courses WHERE account_id = $1", &[&ACCOUNT]).await?.try_get(0)?)
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.courses().await?;
        tidy(&rig.database.connect().await?).await?;
        self.expected.store(Self::stored(rig).await?, Ordering::Relaxed);
        Ok(())
    }

    async fn check(&self, rig: &Rig) -> Result<()> {
        let (stored, expected) = (Self::stored(rig).await?, self.expected.load(Ordering::Relaxed));
        ensure!(stored == expected, "{} more changes were stored than acknowledged", stored - expected);
        Ok(())
    }

    fn changed(&self) {
        self.expected.fetch_add(1, Ordering::Relaxed);
    }
}

fn room(counters: &Counters) -> String {
    format!("B-{:012}", counters.take_numbers(1))
}

#[async_trait]
impl Load for PatchCourse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "PATCH /v1/courses/{id}, one field"
    }

    fn subject(&self) -> Subject {
        Subject::Service
    }

    fn connections(&self) -> usize {
        8
    }

    fn rows_of_a_request(&self) -> u32 {
        1
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        self.0.prepare(rig).await
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let connection = Connection::open(rig.service.address()).await?;
        let (courses, counters) = (rig.courses().await?, rig.database.counters());
        Ok(Box::new(Patcher { connection, courses, counters, revisions: self.0.clone() }))
    }

    async fn check(&self, rig: &Rig) -> Result<()> {
        self.0.check(rig).await
    }
}

#[async_trait]
impl Client for Patcher {
    async fn request(&mut self) -> Result<()> {
        let course = fastrand::choice(&*self.courses).context("no courses to change")?;
        let body = format!(r#"{{"room":"{}"}}"#, room(&self.counters));
        let request = http::send("PATCH", &format!("{PATH}/{course}?updateMask=room"), TOKEN, body.as_bytes());
        self.connection.exchange(&request).await?.expect(200)?;
        self.revisions.changed();
        Ok(())
    }
}

#[async_trait]
impl Load for UpdateCourse {
    fn name(&self) -> &'static str {
        LIMIT
    }

    fn title(&self) -> &'static str {
        "UPDATE of the same field, prepared"
    }

    fn subject(&self) -> Subject {
        Subject::Database
    }

    fn connections(&self) -> usize {
        8
    }

    fn rows_of_a_request(&self) -> u32 {
        1
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        self.0.prepare(rig).await
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let client = rig.database.connect().await?;
        let statement = client
            .prepare(
                "UPDATE courses c SET room = $3, revision = revision + 1, updated_at = $4 WHERE account_id = $1 AND id = $2 RETURNING c.*",
            )
            .await?;
        let (courses, counters) = (rig.courses().await?, rig.database.counters());
        Ok(Box::new(Updater { client, statement, courses, counters, revisions: self.0.clone() }))
    }

    async fn check(&self, rig: &Rig) -> Result<()> {
        self.0.check(rig).await
    }
}

#[async_trait]
impl Client for Updater {
    async fn request(&mut self) -> Result<()> {
        let course = *fastrand::choice(&*self.courses).context("no courses to change")?;
        let row = self.client.query_one(&self.statement, &[&ACCOUNT, &course, &room(&self.counters), &crate::rows::now()]).await?;
        ensure!(row.try_get::<_, i64>("id")? == course, "another course than the one that was to be changed");
        self.revisions.changed();
        Ok(())
    }
}
