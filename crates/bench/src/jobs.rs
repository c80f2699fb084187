//! The jobs in the service's lists, most of them done long ago. This module must not know which load reads them or how fast.

use std::sync::Arc;

use anyhow::{Result, ensure};

use crate::load::Rig;
use crate::rows::ACCOUNT;

/// The key of the jobs API, for a service with known keys.
pub(crate) const KEY: &str = "demo-organization-key";
/// The path of the jobs of [`PROJECT`].
pub(crate) const PATH: &str = "/api/v1/3sWXSsqHgSKnE87YkNJK/jobs";
/// The project whose jobs the loads read.
pub(crate) const PROJECT: i64 = 1;
/// The number of jobs of that project.
pub(crate) const LISTED: u16 = 1_000;
/// The columns that are read to show a job.
pub(crate) const COLUMNS: &str = "id, project_id, action, reference, status, start_at, failures, created_at, updated_at";

/// The number of jobs of a second project, which no load reads: the jobs that are read must not be the whole table.
const OTHERS: i64 = 19_000;
const OTHER_PROJECT: i64 = 2;

/// Of a hundred jobs one has failed, one was cancelled, two wait for a day far ahead, and the others are done.
const FILL: &str = r#"INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
 ended_at, progress, failures, created_at, updated_at, completed)
 SELECT $1, $2, 'delete_user_data', 'user' || n || '@example.com', sha256(convert_to('user' || n || '@example.com', 'UTF8')), 50,
 CASE n % 100 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' WHEN 2 THEN 'scheduled' WHEN 3 THEN 'scheduled' ELSE 'completed' END,
 moment + interval '12 hours', moment + interval '12 hours', CASE n % 100 WHEN 0 THEN 5 WHEN 1 THEN 0 WHEN 2 THEN 0 WHEN 3 THEN 0 ELSE 1 END,
 CASE WHEN n % 100 IN (2, 3) THEN NULL ELSE moment + interval '13 hours' END,
 CASE WHEN n % 100 < 4 THEN NULL ELSE '{"erasure":{"step":"done","dirty":false,"counts":{"sessions":12,"profile":1}}}'::jsonb END,
 CASE n % 100 WHEN 0 THEN '[{"attempt":5,"at":1738847255488565,"reason":"transient","text":"the store is away"}]'::jsonb ELSE '[]'::jsonb END,
 moment, moment + CASE WHEN n % 100 IN (2, 3) THEN interval '0' ELSE interval '13 hours' END, CASE WHEN n % 100 > 3 THEN true END
 FROM generate_series(1, $3::bigint) n, LATERAL (SELECT CASE WHEN n % 100 IN (2, 3) THEN timestamptz '2099-03-01 00:00:00Z'
 ELSE timestamptz '2025-03-01 00:00:00Z' END + n * interval '1 minute' AS moment) at"#;

/// Makes the jobs, and returns the ids of those of [`PROJECT`].
///
/// # Errors
/// When the database refuses.
pub(crate) async fn stock(rig: &Rig) -> Result<Arc<[i64]>> {
    let client = rig.database.connect().await?;
    client.execute(FILL, &[&ACCOUNT, &OTHER_PROJECT, &OTHERS]).await?;
    client.execute(FILL, &[&ACCOUNT, &PROJECT, &i64::from(LISTED)]).await?;
    client.batch_execute("VACUUM ANALYZE jobs").await?;
    client.batch_execute("CHECKPOINT").await?;
    let rows = client.query("SELECT id FROM jobs WHERE account_id = $1 AND project_id = $2 ORDER BY id", &[&ACCOUNT, &PROJECT]).await?;
    let ids = rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<Vec<i64>>>()?;
    ensure!(ids.len() == usize::from(LISTED), "there are {} jobs, and not those that were made", ids.len());
    Ok(ids.into())
}
