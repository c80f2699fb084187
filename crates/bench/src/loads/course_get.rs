//! One course after the other over HTTP, and the select behind it, prepared and without the service.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::courses::{COLUMNS, PATH, TOKEN, VIEWER};
use crate::http::{self, Connection};
use crate::load::{Client, Load, Rig, Subject};
use crate::rows::ACCOUNT;

pub(super) const NAME: &str = "get_course";
pub(super) const LIMIT: &str = "select_course";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct GetCourse;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectCourse;

struct Reader {
    connection: Connection,
    courses: Arc<[i64]>,
}

struct Selector {
    client: tokio_postgres::Client,
    statement: Statement,
    courses: Arc<[i64]>,
}

#[async_trait]
impl Load for GetCourse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "GET /v1/courses/{id}"
    }

    fn subject(&self) -> Subject {
        Subject::Service
    }

    fn connections(&self) -> usize {
        16
    }

    fn rows_of_a_request(&self) -> u32 {
        1
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.courses().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let connection = Connection::open(rig.service.address()).await?;
        Ok(Box::new(Reader { connection, courses: rig.courses().await? }))
    }
}

#[async_trait]
impl Client for Reader {
    async fn request(&mut self) -> Result<()> {
        let course = fastrand::choice(&*self.courses).context("no courses to read")?;
        // The service answers 404 if the id does not exist, so the status is enough to check.
        self.connection.exchange(&http::get(&format!("{PATH}/{course}"), Some(TOKEN))).await?.expect(200)
    }
}

#[async_trait]
impl Load for SelectCourse {
    fn name(&self) -> &'static str {
        LIMIT
    }

    fn title(&self) -> &'static str {
        "SELECT of the same course, prepared"
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
        rig.courses().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let client = rig.database.connect().await?;
        let statement = client
            .prepare(&format!(
                "SELECT {COLUMNS} FROM courses c LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND \
                 v.user_id = $3 WHERE c.account_id = $1 AND c.id = $2"
            ))
            .await?;
        Ok(Box::new(Selector { client, statement, courses: rig.courses().await? }))
    }
}

#[async_trait]
impl Client for Selector {
    async fn request(&mut self) -> Result<()> {
        let course = *fastrand::choice(&*self.courses).context("no courses to read")?;
        let row = self.client.query_one(&self.statement, &[&ACCOUNT, &course, &VIEWER]).await?;
        ensure!(row.try_get::<_, i64>(0)? == course, "another course than the one that was asked for");
        Ok(())
    }
}
