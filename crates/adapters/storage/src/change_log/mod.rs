//! The change log: the ids of what each transaction wrote, until every projection has applied them. It does not know what a
//! projection makes of them.
//!
//! # A new projection
//!
//! 1. A variant of `Projection` in the ports (`outbound/changes.rs`), and of its list `ALL`. The compiler then names the places here: the
//!    bit, the condition, the counter and the key of the lock. `ChangeKind::pending` needs the bit by hand; a test here compares it.
//! 2. The table, by a migration for each database, `db/schema.rs` and `personal.rs`. The migration also sets the bit in the rows of the
//!    log that the projection has to see, or fills the table at once.
//! 3. Unless the projection applies rows in parts, the same migration makes the index `change_log_beside_search` anew. Its condition and
//!    `is_pending` name the bits of all quick projections, 6 by now. A condition that differs from the index reads the whole backlog.
//! 4. A function `apply` beside the repository of the kind, and its line in `session/projections.rs`. It gets ids of objects that may
//!    have changed again or are gone.
//! 5. What has to be recorded. PostgreSQL records each insert and update of a session, SQLite only changes of the columns in
//!    `ProjectedRow` (`session/rows.rs`). Expiries (`session/ends.rs`), pruning and erasures are not recorded.
//! 6. A job that calls `catch_up`: see `handlers/expire_sessions.rs` of the worker and `docs/adding-a-job.md`. A projection that must not
//!    wait for a sweep stands in `ORDER` of the worker's `catch_up.rs`, too. That list is by hand.
//! 7. The contract of all stores, `testkit/src/contract/change_log.rs`. It goes over `Projection::ALL`, and the compiler names one table.
//!
//! An effect outside of the database can't be a part of `apply`, which is a transaction. Let `apply` write what is to be sent into a
//! table, and let a job send it.

use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{Projection, ProjectionLag};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer};

use crate::db::conn::{Conn, on_conn};
use crate::db::postgres::PgConnection;
use crate::db::schema::change_log;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::text::Dialect;
use crate::db::types::{DbBits, DbGuid, DbGuids, Guids, row_count};

/// The kind of the objects whose ids a record holds. Each kind has a projection, since a change that no projection reads is not
/// recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// Sessions, by their GUIDs.
    Session,
}

/// What to do while another transaction applies changes for the same projection of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockMode {
    Wait,
    Skip,
}

/// Applies changes of objects with these ids, oldest first, and returns how many of them from the start. Only the search index
/// may apply a part.
pub(crate) type Apply = fn(Conn<'_>, AccountId, &[DbGuid]) -> QueryResult<usize>;

/// The most ids of one record. The statements of PostgreSQL that write sessions cut their ids into as many.
pub(crate) const IDS_OF_A_RECORD: usize = 100;

/// The most rows that one statement names by their ids, well below the 32 766 parameters that SQLite allows.
const IDS_IN_ONE_STATEMENT: usize = 10_000;

/// The most records of a projection whose changes are counted for its lag.
const MAX_COUNTED: i64 = 1_000;

/// The lag of a projection.
#[derive(QueryableByName)]
struct Lag {
    /// The place of the projection in [`Projection::ALL`].
    #[diesel(sql_type = Integer)]
    place: i32,
    #[diesel(sql_type = BigInt)]
    pending: i64,
}

/// A record with a pending change.
#[derive(QueryableByName)]
struct Record {
    #[diesel(sql_type = BigInt)]
    id: i64,
    /// How many of the ids the projection has applied.
    #[diesel(sql_type = Integer)]
    done: i32,
    #[diesel(sql_type = Guids)]
    ids: DbGuids,
}

static LOCK: Statement =
    Statement::new("change_log_lock", "SELECT pg_advisory_xact_lock(:projection, (:account % 2147483647)::integer) IS NOT NULL");

static TRY_LOCK: Statement =
    Statement::new("change_log_try_lock", "SELECT pg_try_advisory_xact_lock(:projection, (:account % 2147483647)::integer)");

impl ChangeKind {
    /// The number of the kind in the table.
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Session => 1,
        }
    }

    /// The bits of all projections that follow this kind.
    pub(crate) const fn pending(self) -> i16 {
        match self {
            Self::Session => bit(Projection::SearchIndex) | bit(Projection::SessionEnds) | bit(Projection::SessionCreators),
        }
    }
}

impl Record {
    fn pending(&self) -> &[DbGuid] {
        self.ids.0.get(usize::try_from(self.done).unwrap_or_default()..).unwrap_or_default()
    }
}

/// The bit of a projection in the column `pending`.
const fn bit(projection: Projection) -> i16 {
    match projection {
        Projection::SearchIndex => 1,
        Projection::SessionEnds => 2,
        Projection::SessionCreators => 4,
    }
}

/// The condition that a record is pending. For the quick projections it repeats the condition of the index
/// `change_log_beside_search`, so that they step over no backlog of the search index.
pub(crate) const fn is_pending(projection: Projection) -> &'static str {
    match projection {
        Projection::SearchIndex => "pending & 1 <> 0",
        Projection::SessionEnds => "pending & 2 <> 0 AND pending > 1",
        Projection::SessionCreators => "pending & 4 <> 0 AND pending > 1",
    }
}

/// The SQL for the number of ids of a record that the projection has applied.
const fn done(projection: Projection) -> &'static str {
    match projection {
        Projection::SearchIndex => "indexed",
        Projection::SessionEnds | Projection::SessionCreators => "0",
    }
}

/// The SQL for the number of ids of a record.
const fn length(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "cardinality(ids)",
        Dialect::Sqlite => "json_array_length(ids)",
    }
}

/// SQL for the condition that `guid` is in the list `:guids`.
pub(crate) const fn is_listed(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "guid = ANY (:guids)",
        Dialect::Sqlite => "guid IN (SELECT unhex(value) FROM json_each(:guids))",
    }
}

/// SQL for the pending ids of the account `:account`, each once, as `key`.
pub(crate) fn pending_ids(projection: Projection, dialect: Dialect) -> String {
    let is_pending = is_pending(projection);
    match dialect {
        Dialect::Postgres => format!("SELECT DISTINCT unnest(ids) AS key FROM change_log WHERE account_id = :account AND {is_pending}"),
        Dialect::Sqlite => {
            format!("SELECT DISTINCT unhex(value) AS key FROM change_log, json_each(ids) WHERE account_id = :account AND {is_pending}")
        }
    }
}

/// Records that objects were written, in the transaction that writes them. `name_bits` is the signature of their names, if it is known.
/// The statements that write sessions on PostgreSQL record them by themselves.
pub(crate) fn record(conn: Conn<'_>, account: i64, kind: ChangeKind, ids: Vec<DbGuid>, name_bits: Option<DbBits>) -> QueryResult<()> {
    let row = (
        change_log::account_id.eq(account),
        change_log::kind.eq(kind.code()),
        change_log::pending.eq(kind.pending()),
        change_log::ids.eq(DbGuids(ids)),
        change_log::name_bits.eq(name_bits),
    );
    on_conn!(conn, |conn| diesel::insert_into(change_log::table).values(row).execute(conn)).map(drop)
}

/// Applies the oldest pending changes, at least `limit` of them if there are as many and `apply` takes all, and returns how many.
///
/// One transaction at a time does it for a projection of an account: of two, the one that began earlier could overwrite a newer
/// state with an older one. What it reads is pending until it has cleared the bit by the id of the record, so a record that
/// commits in between stays pending, whatever its id is.
pub(crate) fn catch_up(
    mut conn: Conn<'_>,
    account: AccountId,
    projection: Projection,
    limit: u16,
    mode: LockMode,
    apply: Apply,
) -> QueryResult<RowCount> {
    // A writer of SQLite is alone, so it needs no lock.
    if let Conn::Pg(conn) = conn.reborrow()
        && !lock(conn, account, projection, mode)?
    {
        return Ok(RowCount::ZERO);
    }
    let records: Vec<Record> = on_conn!(conn.reborrow(), |conn| oldest(account, projection, limit).load(conn))?;
    if records.is_empty() {
        return Ok(RowCount::ZERO);
    }
    let ids: Vec<_> = records.iter().flat_map(Record::pending).copied().collect();
    let applied = apply(conn.reborrow(), account, &ids)?;
    clear(conn, account, projection, &records, applied)?;
    Ok(row_count(applied))
}

/// Takes the lock of the projection until the transaction ends, and returns whether this transaction holds it. It is a statement
/// of its own, because the next statement must see what other transactions have committed.
fn lock(conn: &mut PgConnection, account: AccountId, projection: Projection, mode: LockMode) -> QueryResult<bool> {
    lock_of(account, projection, mode).get_result(conn)
}

/// Takes the lock of the projection until the transaction ends, and waits for it.
pub(crate) fn hold(conn: &mut PgConnection, account: AccountId, projection: Projection) -> QueryResult<()> {
    lock(conn, account, projection, LockMode::Wait).map(drop)
}

fn lock_of(account: AccountId, projection: Projection, mode: LockMode) -> Sql<'static, Pg, Bool> {
    // The first key of the advisory locks; the second key comes from the account.
    let key: i32 = match projection {
        Projection::SearchIndex => 0x6472_7369,
        Projection::SessionEnds => 0x6472_7365,
        Projection::SessionCreators => 0x6472_7363,
    };
    let statement = match mode {
        LockMode::Wait => &LOCK,
        LockMode::Skip => &TRY_LOCK,
    };
    Sql::of(statement).bind::<Integer, _>("projection", key).bind::<BigInt, _>("account", account.get()).returning()
}

/// The oldest records with pending changes, in the order of their ids, until they hold `limit` changes.
fn oldest<DB: Database>(account: AccountId, projection: Projection, limit: u16) -> Sql<'static, DB> {
    let (is_pending, done, length) = (is_pending(projection), done(projection), length(DB::DIALECT));
    let text = format!(
        "
        SELECT id, done, ids FROM (
            -- With each record, how many changes are ahead of it.
            SELECT id, done, ids, sum({length} - done) OVER (ORDER BY id) - ({length} - done) AS ahead
            FROM (SELECT id, {done} AS done, ids FROM change_log WHERE account_id = :account AND {is_pending} ORDER BY id LIMIT :limit) AS oldest
        ) AS counted
        WHERE ahead < :limit ORDER BY id"
    );
    let oldest = Sql::composed("change_log_oldest", text).bind_in_both::<BigInt, _>("account", account.get());
    oldest.bind_in_both::<BigInt, _>("limit", i64::from(limit)).uncached()
}

/// Clears the bit of the projection in the records whose first `applied` changes it has applied. A record without a bit is
/// removed. Of a record that is applied in part, the search index keeps the number of its ids.
fn clear(mut conn: Conn<'_>, account: AccountId, projection: Projection, records: &[Record], applied: usize) -> QueryResult<()> {
    let (mut left, mut whole, mut part) = (applied, Vec::new(), None);
    for record in records {
        let count = record.pending().len();
        if left < count {
            part = i32::try_from(left).ok().filter(|left| *left > 0).map(|left| (record.id, record.done + left));
            break;
        }
        whole.push(record.id);
        left -= count;
    }
    let bit = bit(projection);
    let of_account = change_log::table.filter(change_log::account_id.eq(account.get()));
    for ids in whole.chunks(IDS_IN_ONE_STATEMENT) {
        let these = || of_account.filter(change_log::id.eq_any(ids));
        if let Conn::Pg(conn) = conn.reborrow() {
            // In the order of the ids: two projections that clear bits of the same records never wait for each other.
            these().order(change_log::id).for_update().select(change_log::id).load::<i64>(conn)?;
        }
        on_conn!(conn.reborrow(), |conn| {
            diesel::delete(these().filter(change_log::pending.eq(bit))).execute(conn)?;
            diesel::update(these()).set(change_log::pending.eq(change_log::pending - bit)).execute(conn)?;
        });
    }
    if let Some((id, indexed)) = part {
        let this = of_account.filter(change_log::id.eq(id));
        on_conn!(conn, |conn| diesel::update(this).set(change_log::indexed.eq(indexed)).execute(conn))?;
    }
    Ok(())
}

/// A page of the accounts with more than `more_than` pending changes.
pub(crate) fn accounts_behind(
    conn: Conn<'_>,
    is_distributed: bool,
    projection: Projection,
    more_than: u32,
    page: PageRequest<AccountId>,
) -> QueryResult<Vec<AccountId>> {
    let accounts: Vec<i64> = match conn {
        Conn::Pg(conn) if is_distributed => behind_in_shards(projection, more_than, page).load(conn)?,
        conn => on_conn!(conn, |conn| behind(projection, more_than, page).load(conn))?,
    };
    Ok(accounts.into_iter().map(AccountId::new).collect())
}

fn behind<DB: Database>(projection: Projection, more_than: u32, page: PageRequest<AccountId>) -> Sql<'static, DB, BigInt> {
    let (is_pending, length) = (is_pending(projection), length(DB::DIALECT));
    let text = format!(
        "
        -- Goes from each account with records to the next.
        WITH RECURSIVE accounts (id) AS (
            SELECT (SELECT account_id FROM change_log WHERE account_id > :after ORDER BY account_id LIMIT 1)
            UNION ALL
            SELECT (SELECT account_id FROM change_log WHERE account_id > accounts.id ORDER BY account_id LIMIT 1)
            FROM accounts WHERE accounts.id IS NOT NULL
        )
        SELECT id FROM accounts WHERE id IS NOT NULL AND (
            -- No more records of an account are counted than needed, since each record holds at least one change.
            SELECT sum({length}) FROM (
                SELECT ids FROM change_log WHERE account_id = accounts.id AND {is_pending} ORDER BY change_log.id LIMIT :more_than + 1
            ) AS counted
        ) > :more_than
        LIMIT :limit"
    );
    for_page(Sql::composed("change_log_accounts_behind", text), more_than, page)
}

/// The same where the table is distributed by account. A coordinator of shards can't go from one account to the next.
fn behind_in_shards(projection: Projection, more_than: u32, page: PageRequest<AccountId>) -> Sql<'static, Pg, BigInt> {
    let (is_pending, length) = (is_pending(projection), length(Dialect::Postgres));
    let text = format!(
        "
        -- Each shard counts all records of its own accounts.
        SELECT account_id FROM change_log WHERE account_id > :after AND {is_pending}
        GROUP BY account_id HAVING sum({length}) > :more_than
        ORDER BY account_id LIMIT :limit"
    );
    for_page(Sql::composed("change_log_accounts_behind_in_shards", text), more_than, page)
}

/// Binds the values of a query for a page of the accounts that are behind.
fn for_page<DB: Database>(query: Sql<'static, DB>, more_than: u32, page: PageRequest<AccountId>) -> Sql<'static, DB, BigInt> {
    query
        .bind_in_both::<BigInt, _>("after", page.after.map_or(i64::MIN, AccountId::get))
        .bind_in_both::<BigInt, _>("more_than", i64::from(more_than))
        .bind_in_both::<BigInt, _>("limit", i64::from(page.size))
        .returning()
        .uncached()
}

/// The number of pending changes.
pub(crate) fn pending_count(conn: Conn<'_>, account: AccountId, projection: Projection) -> QueryResult<i64> {
    on_conn!(conn, |conn| count(account, projection).get_result(conn))
}

fn count<DB: Database>(account: AccountId, projection: Projection) -> Sql<'static, DB, BigInt> {
    let (is_pending, length) = (is_pending(projection), length(DB::DIALECT));
    let text = format!("SELECT coalesce(sum({length}), 0) FROM change_log WHERE account_id = :account AND {is_pending}");
    Sql::composed("change_log_pending_count", text).bind_in_both::<BigInt, _>("account", account.get()).returning().uncached()
}

/// The lag of each projection in all accounts together, in the order of [`Projection::ALL`].
pub(crate) fn lags(conn: Conn<'_>) -> QueryResult<Vec<ProjectionLag>> {
    let rows: Vec<Lag> = on_conn!(conn, |conn| lag_of_each().load(conn))?;
    let lags = Projection::ALL.into_iter().zip(0..).map(|(projection, place)| {
        let found = rows.iter().find(|row| row.place == place);
        ProjectionLag { projection, pending: found.and_then(|row| u64::try_from(row.pending).ok()).unwrap_or_default() }
    });
    Ok(lags.collect())
}

fn lag_of_each<DB: Database>() -> Sql<'static, DB> {
    let length = length(DB::DIALECT);
    let each = Projection::ALL.into_iter().enumerate().map(|(place, projection)| {
        let (is_pending, done) = (is_pending(projection), done(projection));
        format!(
            "SELECT {place} AS place, coalesce(sum(changes), 0) AS pending FROM (\n    \
             SELECT {length} - {done} AS changes FROM change_log WHERE {is_pending} LIMIT :limit\n\
             ) AS counted\n"
        )
    });
    let text = each.collect::<Vec<_>>().join("UNION ALL\n") + "ORDER BY place";
    Sql::composed("change_log_lags", text).bind_in_both::<BigInt, _>("limit", MAX_COUNTED)
}

#[cfg(test)]
pub(crate) fn statements() -> Vec<Printed> {
    fn of<DB: Database>() -> [Printed; 4] {
        let (account, projection) = (AccountId::new(1), Projection::SearchIndex);
        let behind = behind::<DB>(projection, 0, PageRequest { size: 1, after: None });
        let count = count::<DB>(account, projection);
        [oldest::<DB>(account, projection, 1).printed(), behind.printed(), count.printed(), lag_of_each::<DB>().printed()]
    }
    let locks = [LockMode::Wait, LockMode::Skip].map(|mode| lock_of(AccountId::new(1), Projection::SearchIndex, mode).printed());
    let in_shards = behind_in_shards(Projection::SearchIndex, 0, PageRequest { size: 1, after: None }).printed();
    of::<Pg>().into_iter().chain(of::<diesel::sqlite::Sqlite>()).chain(locks).chain([in_shards]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_projection_has_a_bit_of_its_own_and_finds_records_by_it() {
        let bits = Projection::ALL.map(bit);
        assert_eq!(bits.iter().fold(0, |all, bit| all ^ bit), ChangeKind::Session.pending());
        for (projection, bit) in Projection::ALL.into_iter().zip(bits) {
            assert_eq!(bit.count_ones(), 1);
            assert!(is_pending(projection).starts_with(&format!("pending & {bit} <> 0")), "{projection:?}");
        }
    }

    #[test]
    fn only_ids_that_are_not_applied_yet_are_pending() {
        let record = |done| Record { id: 1, done, ids: DbGuids([1, 2, 3].map(|id| DbGuid(uuid::Uuid::from_u128(id))).into()) };
        assert_eq!([0, 1, 3].map(|done| record(done).pending().len()), [3, 2, 0]);
    }
}
