//! The first page of the courses over HTTP, and the select of the same rows, prepared and without the service.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use tokio_postgres::Statement;

use crate::courses::{COLUMNS, PATH, TOKEN, VIEWER};
use crate::http::{self, Connection};
use crate::load::{Client, Load, Rig, Subject};
use crate::rows::ACCOUNT;

pub(super) const NAME: &str = "list_courses";
pub(super) const LIMIT: &str = "select_courses";
const COURSES: u16 = 100;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListCourses;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct SelectCourses;

struct Lister {
    connection: Connection,
    request: Vec<u8>,
}

struct Selector {
    client: tokio_postgres::Client,
    statement: Statement,
}

#[async_trait]
impl Load for ListCourses {
    fn name(&self) -> &'static str {
        NAME
    }

    fn title(&self) -> &'static str {
        "GET /v1/courses, 100 of 20 000"
    }

    fn subject(&self) -> Subject {
        Subject::Service
    }

    fn connections(&self) -> usize {
        8
    }

    fn rows_of_a_request(&self) -> u32 {
        COURSES.into()
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.courses().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        rig.courses().await?;
        let mut connection = Connection::open(rig.service.address()).await?;
        let request = http::get(&format!("{PATH}?pageSize={COURSES}"), Some(TOKEN));
        let answer = connection.exchange(&request).await?;
        answer.expect(200)?;
        let list: serde_json::Value = serde_json::from_slice(answer.body)?;
        let listed = list.get("courses").and_then(|courses| courses.as_array()).map_or(0, Vec::len);
        ensure!(listed == usize::from(COURSES), "{listed} courses were listed");
        Ok(Box::new(Lister { connection, request }))
    }
}

#[async_trait]
impl Client for Lister {
    async fn request(&mut self) -> Result<()> {
        self.connection.exchange(&self.request).await?.expect(200)
    }
}

#[async_trait]
impl Load for SelectCourses {
    fn name(&self) -> &'static str {
        LIMIT
    }

    fn title(&self) -> &'static str {
        "SELECT of the same 100 courses, prepared"
    }

    fn subject(&self) -> Subject {
        Subject::Database
    }

    fn connections(&self) -> usize {
        4
    }

    fn rows_of_a_request(&self) -> u32 {
        COURSES.into()
    }

    async fn prepare(&self, rig: &Rig) -> Result<()> {
        rig.courses().await.map(drop)
    }

    async fn connect(&self, rig: &Rig) -> Result<Box<dyn Client>> {
        let client = rig.database.connect().await?;
        // All courses are active. One row more than the page tells whether there is another page. The limit is a part of the text: with
        // a parameter, the server would plan the statement anew each time.
        let statement = client
            .prepare(&format!(
                "SELECT {COLUMNS} FROM courses c LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND \
                 v.user_id = $2 WHERE c.account_id = $1 AND c.state = 1 ORDER BY c.created_at DESC, c.id DESC LIMIT {}",
                COURSES + 1
            ))
            .await?;
        Ok(Box::new(Selector { client, statement }))
    }
}

#[async_trait]
impl Client for Selector {
    async fn request(&mut self) -> Result<()> {
        let rows = self.client.query(&self.statement, &[&ACCOUNT, &VIEWER]).await?;
        ensure!(rows.len() == usize::from(COURSES + 1), "{} courses were selected", rows.len());
        Ok(())
    }
}
