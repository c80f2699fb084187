//! Which database a command works on, and what the command may do to its schema. The storage adapter owns the schema, so it is
//! called without a port.

use std::fmt::Write;
use std::path::{Path, absolute};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use derslik_storage::{DatabaseUrl, MigrateError, Migrated, SchemaState};
use tokio::runtime::Runtime;

use super::Failure;
use super::folder::{why_file_not_writable, why_not_writable};
use crate::config::{Config, Profile};
use crate::doctor::way_out;
use crate::wiring::Installation;

/// Opens a database that is up to date already, or of a newer program that works with this one. Creates and changes nothing.
pub(super) fn open_database(config: &Config, runtime: &Runtime) -> Result<Installation, Failure> {
    let url = config.database().map_err(Failure::Usage)?;
    match url.schema_state().map_err(|error| unusable(&url, error))? {
        SchemaState::Current | SchemaState::Newer(_) => installation(config, runtime, &url),
        state => Err(Failure::Database(anyhow!(not_ready(&url, &state)))),
    }
}

/// Opens the database for `serve`. Profile dev creates it and brings it up to date; production waits for `derslik migrate`.
pub(super) fn open_to_serve(config: &Config, runtime: &Runtime) -> Result<Installation, Failure> {
    let url = config.database().map_err(Failure::Usage)?;
    match config.profile {
        Profile::Dev => drop(bring_up_to_date(&url)?),
        Profile::Production => wait_until_current(&url)?,
    }
    installation(config, runtime, &url)
}

/// Waits until another process has brought the database up to date, and opens it.
pub(super) fn wait_for_database(config: &Config, runtime: &Runtime) -> Result<Installation, Failure> {
    let url = config.database().map_err(Failure::Usage)?;
    wait_until_current(&url)?;
    installation(config, runtime, &url)
}

/// Creates a missing SQLite database, applies missing migrations, and recomputes text keys of older versions.
pub(super) fn bring_up_to_date(url: &DatabaseUrl) -> Result<Migrated, Failure> {
    let migrated = url.migrate().map_err(|error| unusable(url, error))?;
    if !migrated.applied.is_empty() {
        tracing::info!(migrations = migrated.applied.len(), "brought the database up to date");
    }
    if !migrated.newer.is_empty() {
        tell_of_newer(&migrated.newer);
    }
    for twin in &migrated.twins {
        tracing::warn!("same name: {twin}");
    }
    Ok(migrated)
}

fn installation(config: &Config, runtime: &Runtime, url: &DatabaseUrl) -> Result<Installation, Failure> {
    Installation::new(config, url, runtime.handle()).map_err(Failure::Usage)
}

/// Waits without a limit: `derslik migrate` may have to wait for an operator, and a signal ends the process.
fn wait_until_current(url: &DatabaseUrl) -> Result<(), Failure> {
    const POLL_INTERVAL: Duration = Duration::from_millis(500);
    const REMINDER_INTERVAL: Duration = Duration::from_secs(30);
    let mut reminded: Option<Instant> = None;
    loop {
        let reason = match url.schema_state() {
            Ok(SchemaState::Current) => return Ok(()),
            Ok(SchemaState::Newer(unknown)) => {
                tell_of_newer(&unknown);
                return Ok(());
            }
            Ok(state) => not_ready(url, &state),
            // The database was reachable a moment ago, so this is taken for an outage and not for a wrong URL.
            Err(error @ MigrateError::Connect(_)) if reminded.is_some() => format!("{:#}", anyhow::Error::new(error)),
            Err(error) => return Err(unusable(url, error)),
        };
        if reminded.is_none_or(|at| at.elapsed() >= REMINDER_INTERVAL) {
            tracing::warn!("waiting for the database, and not listening yet: {reason}");
            reminded = Some(Instant::now());
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

fn tell_of_newer(unknown: &[String]) {
    tracing::warn!(migrations = unknown.len(), "the database is of a newer version of the program, which works with this one");
}

fn not_ready(url: &DatabaseUrl, state: &SchemaState) -> String {
    let missing = match state {
        SchemaState::NoDatabase => "there is no database".to_owned(),
        SchemaState::Behind(missing) => format!("the database lacks {} of the migrations", missing.len()),
        SchemaState::OldKeys => "names are not found by their new keys yet in the database".to_owned(),
        SchemaState::Current | SchemaState::Newer(_) => "the database is up to date".to_owned(),
    };
    format!("{missing} at {}: run `derslik migrate`, or name another database with --database-url or --data-dir", location(url))
}

/// The URL, with the absolute path of a file: a relative one does not help an operator in the wrong folder.
fn location(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(absolute(path).unwrap_or_else(|_| path.clone())).to_string(),
        DatabaseUrl::Postgres(_) => url.to_string(),
    }
}

fn unusable(url: &DatabaseUrl, error: MigrateError) -> Failure {
    let mut context = format!("database {}", location(url));
    if let (DatabaseUrl::Sqlite(path), MigrateError::Connect(_) | MigrateError::Unreadable(_) | MigrateError::Migration(_)) = (url, &error)
        && let Some(reason) = why_not_writable(path.parent().unwrap_or_else(|| Path::new(""))).or_else(|| why_file_not_writable(path))
    {
        // Writing to a string never fails.
        let _ = write!(context, ": {reason}");
    }
    if matches!(error, MigrateError::Foreign { .. }) {
        context.push_str(": name a database of its own with --database-url");
    }
    let fix = error.connect_cause().and_then(way_out);
    let error = anyhow::Error::new(error).context(context);
    Failure::Database(match fix {
        Some(fix) => anyhow!("{error:#}; fix: {fix}"),
        None => error,
    })
}
