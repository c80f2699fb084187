//! The statements that every queue in a database needs: jobs are claimed, a hundred at a time, and marked as done. They run on
//! the table of the service, without its code.

use anyhow::{Result, ensure};
use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{ACCOUNT, check_done};
use crate::load::Rig;
use crate::meter::{Measured, Meter, Size};
use crate::postgres::connect;
use crate::report::{Figures, Goal};
use crate::rows::now;

const CONNECTIONS: usize = 4;
const BATCH: i64 = 100;
const LEASE_SECONDS: i64 = 15;

const FILL: &str = "INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, \
     attempts, failures, created_at, updated_at) SELECT $1, 0, 'assign_calendar_id', n::text, sha256(convert_to(n::text, 'UTF8')), 10, \
     'scheduled', $2, $2, 0, '[]', $2, $2 FROM generate_series(1, $3::bigint) n";
const CLAIM: &str = "UPDATE jobs SET status = 'running', attempts = attempts + 1, worker = $4, lease_token = $4, lease_until = $5, \
     started_at = $2, updated_at = $2 WHERE ctid = ANY(ARRAY(SELECT ctid FROM jobs \
     WHERE account_id = $1 AND ended_at IS NULL AND lease_token IS NULL AND due_at <= $2 ORDER BY priority, due_at, id LIMIT $3 \
     FOR UPDATE SKIP LOCKED)) RETURNING id, action, reference";
const COMPLETE: &str = "UPDATE jobs SET status = 'completed', completed = true, ended_at = $2, updated_at = $2, worker = NULL, \
     lease_token = NULL, lease_until = NULL, started_at = NULL WHERE account_id = $1 AND id = ANY($3) AND lease_token = $4";

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor;

#[async_trait]
impl Measured for Floor {
    fn name(&self) -> &'static str {
        "jobs_floor"
    }

    fn title(&self) -> &'static str {
        "bare claim of 100 and UPDATE, prepared"
    }

    fn parallel(&self) -> usize {
        CONNECTIONS
    }

    fn goal(&self) -> Option<Goal> {
        None
    }

    async fn measure(&self, rig: &Rig, size: Size) -> Result<Figures> {
        let client = rig.queues.ours().await?;
        let mut workers = Vec::new();
        for _ in 0..CONNECTIONS {
            workers.push(connect(&rig.queues.ours.url).await?);
        }
        client.execute(FILL, &[&ACCOUNT, &now(), &i64::from(size.jobs)]).await?;
        let meter = Meter::start(None, &rig.database)?;
        let mut drained = JoinSet::new();
        for worker in workers {
            drained.spawn(drain(worker));
        }
        while let Some(ended) = drained.join_next().await {
            ended??;
        }
        let figures = meter.finish(&rig.database, size.jobs, 1, Vec::new())?;
        check_done(&client, size.jobs).await?;
        Ok(figures)
    }
}

async fn drain(client: Client) -> Result<()> {
    let (claim, complete) = (client.prepare(CLAIM).await?, client.prepare(COMPLETE).await?);
    loop {
        let (at, token) = (now(), Uuid::from_u128(fastrand::u128(..)));
        let claimed = client.query(&claim, &[&ACCOUNT, &at, &BATCH, &token, &(at + TimeDelta::seconds(LEASE_SECONDS))]).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let ids = claimed.iter().map(|job| Ok(job.try_get(0)?)).collect::<Result<Vec<i64>>>()?;
        let completed = client.execute(&complete, &[&ACCOUNT, &now(), &ids, &token]).await?;
        ensure!(completed == u64::try_from(ids.len())?, "{completed} of {} jobs were completed", ids.len());
    }
}
