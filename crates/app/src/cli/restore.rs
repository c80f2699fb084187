//! `derslik restore`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use clap::Args;
use derslik_domain::id::{AccountId, JobId};
use derslik_domain::job::{JobStatus, ReferenceId};
use derslik_ports::inbound::operators::{ErasureStart, StoredJob};
use derslik_storage::snapshot::{Ended, MissingErasure};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::backup::{checked, failed, restore_rows, summary};
use super::database::installation;
use super::{Context, Failure, database, runtime};
use crate::backup::list::EndingsList;
use crate::backup::manifest::Manifest;
use crate::wiring::{Operators, System};

/// How often to look whether the erasures are done.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// How long to wait for the next erasure to end. Each goes in short steps, so one that takes longer hangs.
const STALLED: Duration = Duration::from_secs(600);

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A list that `derslik erasures export` wrote after the backup. What it says is carried out again, and all other keys stay valid.
    /// Without it every key, token, password and admin ends.
    #[arg(long, value_name = "LIST", conflicts_with = "keep_credentials")]
    erasures: Option<PathBuf>,
    /// Leave every key, token, password and admin as it was, for a move to another database: only right if the service stood still
    /// since the backup.
    #[arg(long)]
    keep_credentials: bool,
}

/// What a restore did after the rows.
struct Outcome {
    manifest: Manifest,
    migrated: Vec<String>,
    /// `None` if all credentials were kept.
    ended: Option<Ended>,
    has_list: bool,
    erasures: usize,
    seconds: f64,
}

pub(super) fn run(context: &Context<'_>, arguments: &RestoreArgs) -> Result<(), Failure> {
    let begin = Instant::now();
    let url = context.config.database().map_err(Failure::Usage)?;
    let now = System::new(context.config).map_err(Failure::Usage)?.clock.now();
    let manifest = checked(&arguments.file)?;
    let list = arguments.erasures.as_ref().map(|list| EndingsList::read(list, &manifest)).transpose().map_err(Failure::Usage)?;
    restore_rows(&url, &arguments.file, &manifest).map_err(failed)?;
    let migrated = url.upgrade_restored().map_err(failed)?;
    let endings = list.as_ref().map(|list| &list.endings);
    let ended = if arguments.keep_credentials { None } else { Some(url.end_credentials(endings, now).map_err(failed)?) };
    let mut erasures = 0;
    if let Some(endings) = endings {
        let highest = manifest.snapshot.counters.get("jobs").copied().unwrap_or_default();
        let missing = url.missing_erasures(endings, highest).map_err(failed)?;
        erasures += missing.len();
        repeat(context, missing)?;
        let still_here = url.erased_people_still_here(endings).map_err(failed)?;
        erasures += still_here.len();
        repeat(context, still_here)?;
    }
    url.finish_restore().map_err(failed)?;
    let outcome = Outcome { manifest, migrated, ended, has_list: list.is_some(), erasures, seconds: begin.elapsed().as_secs_f64() };
    context.output.print(|| outcome.as_text(), || outcome.as_json())
}

/// Carries out erasures again, before the database is used. Those that had not begun wait for their time as before.
fn repeat(context: &Context<'_>, missing: Vec<MissingErasure>) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let url = context.config.database().map_err(Failure::Usage)?;
    let runtime = runtime(context.config)?;
    let installation = installation(context.config, &runtime, &url)?;
    let operators = installation.operators();
    let mut waiting = Vec::new();
    for erasure in missing {
        let user = ReferenceId::new(erasure.user).map_err(|error| Failure::Other(error.into()))?;
        let start = if erasure.is_done { ErasureStart::Now } else { ErasureStart::Midnight };
        let job = runtime.block_on(operators.erasures.request(erasure.account, erasure.project, user, start)).map_err(database)?;
        if erasure.is_done {
            waiting.push((erasure.account, job));
        }
    }
    let (eraser, stop) = (installation.eraser().map_err(Failure::Other)?, CancellationToken::new());
    let worker = runtime.spawn(eraser.run(stop.clone()));
    let done = runtime.block_on(until_done(&operators, waiting));
    stop.cancel();
    runtime.block_on(worker).map_err(|error| Failure::Other(error.into()))?;
    done
}

/// Waits until all these jobs are completed.
async fn until_done(operators: &Operators, mut waiting: Vec<(AccountId, JobId)>) -> Result<(), Failure> {
    let mut last_end = Instant::now();
    while let Some((account, id)) = waiting.last().copied() {
        let status = match operators.jobs.find(account, id).await.map_err(database)? {
            Some(StoredJob::Known(job)) => job.status(),
            Some(StoredJob::Unknown(_)) | None => return Err(Failure::Other(anyhow!("the erasure {id} of account {account} has gone"))),
        };
        match status {
            JobStatus::Completed => {
                waiting.pop();
                last_end = Instant::now();
            }
            JobStatus::Failed | JobStatus::Cancelled => {
                return Err(Failure::Other(anyhow!("the erasure {id} of account {account} failed: `derslik job show` tells why")));
            }
            JobStatus::Scheduled | JobStatus::Running if last_end.elapsed() > STALLED => {
                return Err(Failure::Other(anyhow!("the erasure {id} of account {account} does not come to an end")));
            }
            JobStatus::Scheduled | JobStatus::Running => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
    Ok(())
}

impl Outcome {
    fn as_text(&self) -> String {
        let mut lines = vec![format!("{} rows of {} were restored, {:.1} s", self.manifest.rows(), self.manifest.taken_at, self.seconds)];
        lines.extend(self.migrated.iter().map(|version| format!("migrated: {version}")));
        lines.push(match (&self.ended, self.has_list) {
            (None, _) => {
                "all keys, tokens, passwords and admins are as they were: what was revoked since the backup is valid again".to_owned()
            }
            (Some(ended), true) => format!(
                "by the list, {} keys and tokens ended, {} passwords, {} admins, {} accounts and {} people; {} erasures were repeated, {} cancelled",
                ended.credentials, ended.passwords, ended.admins, ended.accounts, ended.people, self.erasures, ended.erasures
            ),
            (Some(ended), false) => format!(
                "without a list of erasures, every credential ended: {} keys and tokens, {} passwords, {} admins; make new ones with \
                 `derslik key create`, `user password` and `admin create`",
                ended.credentials, ended.passwords, ended.admins
            ),
        });
        if !self.has_list {
            let since = &self.manifest.taken_at;
            lines.push(format!(
                "ask again for the erasures since {since}, and cancel those that were cancelled since, before a worker runs"
            ));
        }
        lines.push("a worker makes the search index now: until then searches take longer".to_owned());
        lines.join("\n")
    }

    fn as_json(&self) -> Value {
        let mut summary = summary(&self.manifest);
        summary.insert("migrated".to_owned(), json!(self.migrated));
        summary.insert("ended".to_owned(), json!(self.ended));
        summary.insert("by_list".to_owned(), self.has_list.into());
        summary.insert("erasures_repeated".to_owned(), self.erasures.into());
        summary.insert("seconds".to_owned(), self.seconds.into());
        Value::Object(summary)
    }
}
