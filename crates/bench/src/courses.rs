//! The courses that the loads read and change. The service makes one, which is then copied, so that all rows are as the service
//! writes them. This module must not know which load reads them or how fast.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio_postgres::Client;

use crate::http::{self, Connection};
use crate::load::Rig;
use crate::rows::ACCOUNT;

/// The access token of the account's administrator, for a service with known keys.
pub(crate) const TOKEN: &str = "demo-admin-token";
/// The principal of [`TOKEN`].
pub(crate) const VIEWER: i64 = 101;
/// The path of courses.
pub(crate) const PATH: &str = "/v1/courses";

/// The columns that are read to show a course, with the membership of the viewer.
pub(crate) const COLUMNS: &str = "c.id, c.revision, c.state, c.owner_id, c.name, c.section, c.description_heading, c.description, c.room, \
     c.subject, c.levels, c.enrollment_code, c.group_name, c.extras, c.guardians_enabled, c.calendar_id, c.created_at, c.updated_at, \
     c.first_active_at, v.membership";

/// The number of courses.
const STOCK: i64 = 20_000;

const FIRST: &str = r#"{"name":"Fizik 101","section":"2. dönem","descriptionHeading":"Hoş geldiniz","description":"Haftalık ders: mekanik, dalgalar ve ışık. Salı ve perşembe günleri.","room":"B-12","subject":"Fizik","ownerId":"me","courseState":"ACTIVE"}"#;

/// Each copy is a second older than the one before. The courses have calendars, so that no job assigns any.
const COPY: &str = "INSERT INTO courses SELECT (jsonb_populate_record(c, jsonb_build_object('id', c.id + n, 'calendar_id', \
     'ders@group.calendar.example', 'created_at', c.created_at - n * interval '1 second'))).* \
     FROM courses c, generate_series($3::bigint, $4::bigint) n WHERE c.account_id = $1 AND c.id = $2";
const COPY_MEMBERS: &str = "INSERT INTO course_members SELECT (jsonb_populate_record(m, jsonb_build_object('course_id', c.id, \
     'course_created_at', c.created_at))).* FROM course_members m, courses c \
     WHERE m.account_id = $1 AND m.course_id = $2 AND c.account_id = $1 AND c.id <> $2";

#[derive(Deserialize)]
struct Created {
    id: String,
}

/// Makes the courses, and returns their ids.
///
/// # Errors
/// When the service or the database refuses.
pub(crate) async fn stock(rig: &Rig) -> Result<Arc<[i64]>> {
    let mut connection = Connection::open(rig.service.address()).await?;
    let answer = connection.exchange(&http::send("POST", PATH, TOKEN, FIRST.as_bytes())).await?;
    answer.expect(200)?;
    let first: i64 = serde_json::from_slice::<Created>(answer.body)?.id.parse().context("the id of a course is not a number")?;
    let client = rig.database.connect().await?;
    client.execute(COPY, &[&ACCOUNT, &first, &1_i64, &(STOCK - 1)]).await?;
    client.execute(COPY_MEMBERS, &[&ACCOUNT, &first]).await?;
    let rows = client.query("SELECT id FROM courses WHERE account_id = $1", &[&ACCOUNT]).await?;
    let ids = rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<i64>>>()?;
    ensure!(ids.len() == usize::try_from(STOCK)?, "there are {} courses, and not those that were made", ids.len());
    tidy(&client).await?;
    Ok(ids.into())
}

/// Finishes maintenance work of the database that would otherwise run during the next measurement.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn tidy(client: &Client) -> Result<()> {
    client.batch_execute("VACUUM ANALYZE courses").await?;
    client.batch_execute("VACUUM ANALYZE course_members").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}
