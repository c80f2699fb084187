//! The steps of a restore. From the first to the last one the table of migrations has a mark that no program knows as a migration,
//! so every program refuses the database, older ones included.

use diesel::connection::{Connection, SimpleConnection};
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{ChangeLogRepository, Projection};

use super::load::Loader;
use super::tables::{WRITTEN_BY_MIGRATIONS, stored};
use super::{Feed, Snapshot, SnapshotError, columns, counters, immediate, in_write};
use crate::change_log::ChangeKind;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::connector::Database;
use crate::db::migrate::{lock, lock_transaction, try_lock};
use crate::db::migrations::{MigrateError, POSTGRES, SQLITE, UNFINISHED_RESTORE};
use crate::db::schema_versions::Inspect;
use crate::rekey::rewrite_keys;

/// How many sessions one step of a projection applies.
const BATCH: u16 = 1_000;

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    exists: bool,
}

/// All sessions, as records of the change log that no projection has applied yet, in the order of their starts.
const SESSIONS_ON_POSTGRES: &str = "
    SELECT account_id, array_agg(guid ORDER BY start_at, guid) AS ids FROM (
        SELECT account_id, guid, start_at, (row_number() OVER (PARTITION BY account_id ORDER BY start_at, guid) - 1) / 1000 AS part
        FROM sessions
    ) AS parts
    GROUP BY account_id, part ORDER BY account_id, part";

const SESSIONS_ON_SQLITE: &str = "
    SELECT account_id, json_group_array(lower(hex(guid))) AS ids FROM (
        SELECT account_id, guid, (row_number() OVER (PARTITION BY account_id ORDER BY start_at, guid) - 1) / 1000 AS part
        FROM sessions ORDER BY account_id, start_at, guid
    )
    GROUP BY account_id, part ORDER BY account_id, part";

/// The version of the newest migration of the database behind a connection.
pub(super) fn newest_version(conn: Conn<'_>) -> Result<String, SnapshotError> {
    let mut applied = on_conn!(conn, |conn| conn.applied_versions())?;
    applied.remove(UNFINISHED_RESTORE);
    Ok(applied.pop_last().unwrap_or_default())
}

/// Gives an empty database that schema, and the mark.
pub(super) fn begin(conn: Conn<'_>, schema: &str) -> Result<(), SnapshotError> {
    match conn {
        Conn::Pg(conn) => conn.transaction(|conn| {
            if !try_lock(conn)? {
                return Err(SnapshotError::Busy);
            }
            prepare(conn, &POSTGRES, schema)
        }),
        Conn::Sqlite(conn) => immediate(conn, |conn| prepare(conn, &SQLITE, schema)),
    }
}

fn prepare<C>(conn: &mut C, migrations: &EmbeddedMigrations, schema: &str) -> Result<(), SnapshotError>
where
    C: Database + Inspect + MigrationHarness<C::Backend>,
{
    let known = C::known_versions().map_err(MigrateError::Migration)?;
    if !known.contains(schema) {
        let newest = known.last().cloned().unwrap_or_default();
        return Err(SnapshotError::Newer { schema: schema.to_owned(), newest });
    }
    let applied = conn.applied_versions()?;
    if applied.contains(UNFINISHED_RESTORE) {
        return Err(MigrateError::UnfinishedRestore.into());
    }
    let unknown: Vec<_> = applied.difference(&known).cloned().collect();
    if !unknown.is_empty() {
        return Err(MigrateError::Unknown { versions: unknown }.into());
    }
    let tables = if applied.is_empty() { conn.tables()? } else { Vec::new() };
    if !tables.is_empty() {
        return Err(MigrateError::Foreign { tables }.into());
    }
    refuse_rows(conn.as_conn())?;
    let mut all: Vec<Box<dyn Migration<C::Backend>>> = migrations.migrations().map_err(MigrateError::Migration)?;
    all.sort_by_key(|migration| migration.name().version().to_string());
    // It also makes the table of migrations.
    conn.applied_migrations().map_err(MigrateError::Migration)?;
    for migration in all.iter().rev() {
        let version = migration.name().version().to_string();
        if version.as_str() > schema && applied.contains(&version) {
            conn.revert_migration(migration.as_ref()).map_err(MigrateError::Migration)?;
        }
    }
    for migration in &all {
        let version = migration.name().version().to_string();
        if version.as_str() <= schema && !applied.contains(&version) {
            conn.run_migration(migration.as_ref()).map_err(MigrateError::Migration)?;
        }
    }
    clear(conn.as_conn())?;
    Ok(conn.batch_execute(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{UNFINISHED_RESTORE}')"))?)
}

/// Refuses a database that is in use.
fn refuse_rows(mut conn: Conn<'_>) -> Result<(), SnapshotError> {
    for (table, _) in stored().filter(|(table, _)| !WRITTEN_BY_MIGRATIONS.contains(table)) {
        if columns::columns_of(conn.reborrow(), table)?.is_empty() {
            continue;
        }
        let query = format!("SELECT EXISTS (SELECT 1 FROM \"{table}\") AS \"exists\"");
        let found: Exists = on_conn!(conn.reborrow(), |conn| sql_query(query).get_result(conn))?;
        if found.exists {
            return Err(SnapshotError::NotEmpty { table: table.to_owned() });
        }
    }
    Ok(())
}

/// Removes the rows that migrations have written: those of the backup take their places.
fn clear(mut conn: Conn<'_>) -> Result<(), SnapshotError> {
    for table in WRITTEN_BY_MIGRATIONS {
        if !columns::columns_of(conn.reborrow(), table)?.is_empty() {
            on_conn!(conn.reborrow(), |conn| sql_query(format!("DELETE FROM \"{table}\"")).execute(conn))?;
        }
    }
    Ok(())
}

fn require_mark(conn: Conn<'_>) -> Result<(), SnapshotError> {
    let applied = on_conn!(conn, |conn| conn.applied_versions())?;
    if applied.contains(UNFINISHED_RESTORE) { Ok(()) } else { Err(SnapshotError::NotBegun) }
}

/// Writes all rows and the counters.
pub(super) fn load(conn: Conn<'_>, snapshot: &Snapshot, feed: &mut Feed<'_>) -> Result<u64, SnapshotError> {
    in_write(conn, |mut conn| {
        // Another restore is refused by the lock, which says that one runs. The mark alone would say that one was interrupted.
        if let Conn::Pg(conn) = &mut conn {
            lock_transaction(conn)?;
        }
        require_mark(conn.reborrow())?;
        let mut loader = Loader::new(conn.reborrow(), &snapshot.columns)?;
        feed(&mut loader).map_err(SnapshotError::Sink)?;
        let written = loader.finish()?;
        counters::write(conn, &snapshot.counters)?;
        Ok(written)
    })
}

/// Migrates to the schema of this program, and makes what a backup leaves out.
pub(super) fn upgrade(conn: Conn<'_>) -> Result<Vec<String>, SnapshotError> {
    match conn {
        Conn::Pg(conn) => {
            lock(conn)?;
            let applied = upgrade_on(conn, POSTGRES)?;
            // The server has no figures of the new rows yet, by which it plans.
            conn.batch_execute("ANALYZE")?;
            Ok(applied)
        }
        Conn::Sqlite(conn) => upgrade_on(conn, SQLITE),
    }
}

fn upgrade_on<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<Vec<String>, SnapshotError>
where
    C: Database + Inspect + MigrationHarness<C::Backend>,
{
    require_mark(conn.as_conn())?;
    let applied: Vec<String> =
        conn.run_pending_migrations(migrations).map_err(MigrateError::Migration)?.iter().map(ToString::to_string).collect();
    rewrite_keys(conn)?;
    project(conn.as_conn())?;
    Ok(applied)
}

/// Notes all sessions in the change log, and applies them to the projections that are quick.
fn project(mut conn: Conn<'_>) -> Result<(), SnapshotError> {
    in_write(conn.reborrow(), |conn| {
        let (kind, pending) = (ChangeKind::Session.code(), ChangeKind::Session.pending());
        let sessions = match &conn {
            Conn::Pg(_) => SESSIONS_ON_POSTGRES,
            Conn::Sqlite(_) => SESSIONS_ON_SQLITE,
        };
        let note = format!(
            "INSERT INTO change_log (account_id, kind, pending, ids) SELECT account_id, {kind}, {pending}, ids FROM ({sessions}) AS noted"
        );
        on_conn!(conn, |conn| conn.batch_execute(&note))?;
        Ok(())
    })?;
    for projection in Projection::ALL.into_iter().filter(|projection| *projection != Projection::SearchIndex) {
        let mut after = None;
        loop {
            let page = PageRequest { size: 1_000, after };
            let accounts = DieselStores::new(conn.reborrow(), None).accounts_behind(projection, 0, page)?;
            let Some(last) = accounts.last() else { break };
            after = Some(*last);
            for account in accounts {
                let mut step = || in_write(conn.reborrow(), |conn| Ok(DieselStores::new(conn, None).catch_up(account, projection, BATCH)?));
                while step()? > RowCount::ZERO {}
            }
        }
    }
    Ok(())
}

/// Takes the mark away.
pub(super) fn finish(mut conn: Conn<'_>) -> Result<(), SnapshotError> {
    require_mark(conn.reborrow())?;
    let remove = "DELETE FROM __diesel_schema_migrations WHERE version = ";
    match conn {
        Conn::Pg(conn) => sql_query(format!("{remove}$1")).bind::<Text, _>(UNFINISHED_RESTORE).execute(conn)?,
        Conn::Sqlite(conn) => sql_query(format!("{remove}?")).bind::<Text, _>(UNFINISHED_RESTORE).execute(conn)?,
    };
    Ok(())
}
