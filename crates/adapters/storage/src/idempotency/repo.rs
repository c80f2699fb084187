//! The repository of stored answers of idempotent requests.

use derslik_domain::id::{AccountId, JobId};
use derslik_domain::idempotency::{Answer, AnswerCode, KeptAnswer, RequestDigest};
use derslik_domain::identity::DataSubject;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{IdempotencyRepository, KeyState, OwnedKey, SearchedAnswers, StoreError};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use super::erase::erased_key;
use super::{erase, erased_names};
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::idempotency_keys;
#[cfg(test)]
use crate::db::sql::printed::Printed;
use crate::db::sql::{Database, Sql, Statement};
use crate::db::text::Dialect;
use crate::db::types::{DbInstant, Instant};

static TRY_LOCK: Statement = Statement::new("idempotency_try_lock", "SELECT pg_try_advisory_xact_lock(hashtextextended(:key, :owner))");

static DROP_EXPIRED: Statement = Statement::new(
    "idempotency_drop_expired",
    "
    DELETE FROM idempotency_keys
    WHERE account_id = :account AND (principal_id, idempotency_key) IN (
        SELECT principal_id, idempotency_key FROM idempotency_keys
        WHERE account_id = :account AND kept_at < :expired
        -- Each new answer removes more than one, so that in the end none is left.
        ORDER BY kept_at LIMIT 20:locking
    )",
);

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct KeptRow {
    request_digest: Vec<u8>,
    answer_status: i16,
    answer_body: Vec<u8>,
    kept_at: DbInstant,
    erased: bool,
}

impl IdempotencyRepository for DieselStores<'_> {
    fn hold(&mut self, key: &OwnedKey, forgotten: Timestamp) -> Result<KeyState, StoreError> {
        let is_held = self.query(|conn| match conn {
            Conn::Pg(conn) => try_lock(key).get_result(conn),
            // SQLite needs no lock here: an immediate transaction is the only writer.
            Conn::Sqlite(_) => Ok(true),
        })?;
        if !is_held {
            return Ok(KeyState::Busy);
        }
        let names = names_of(key);
        let row: Option<KeptRow> = self.query(|conn| {
            on_conn!(conn, |conn| idempotency_keys::table
                .filter(idempotency_keys::account_id.eq(key.account.get()))
                .filter(idempotency_keys::principal_id.eq(key.principal.get()))
                .filter(idempotency_keys::idempotency_key.eq_any(&names))
                .filter(idempotency_keys::kept_at.ge(DbInstant(forgotten)))
                .select(KeptRow::as_select())
                .first(conn)
                .optional())
        })?;
        match row {
            None => Ok(KeyState::Free),
            Some(KeptRow { erased: true, .. }) => Ok(KeyState::Erased),
            Some(row) => Ok(KeyState::Answered(row.try_into()?)),
        }
    }

    fn keep(&mut self, key: &OwnedKey, kept: &KeptAnswer, forgotten: Timestamp) -> Result<(), StoreError> {
        self.query(|conn| drop_expired(conn, key, forgotten))?;
        let row = (
            idempotency_keys::account_id.eq(key.account.get()),
            idempotency_keys::principal_id.eq(key.principal.get()),
            idempotency_keys::idempotency_key.eq(key.key.as_str()),
            idempotency_keys::request_digest.eq(kept.request.bytes().as_slice()),
            idempotency_keys::answer_status.eq(i16::try_from(kept.answer.code.get()).unwrap_or(i16::MAX)),
            idempotency_keys::answer_body.eq(kept.answer.body.as_slice()),
            idempotency_keys::kept_at.eq(DbInstant(kept.at)),
        );
        let insert = diesel::insert_into(idempotency_keys::table).values(row);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn erase_naming(
        &mut self,
        account: AccountId,
        subject: &DataSubject,
        after: Option<Timestamp>,
        batch: BatchSize,
    ) -> Result<SearchedAnswers, StoreError> {
        self.query(|conn| erase::erase_naming(conn, account, subject, after, batch))
    }

    fn forget_erased(&mut self, account: AccountId, job: JobId, batch: BatchSize) -> Result<RowCount, StoreError> {
        self.query(|conn| erased_names::forget(conn, account, job, batch))
    }
}

/// The two texts under which a key may be stored: the key itself, or its digest after the answer was erased.
fn names_of(key: &OwnedKey) -> [String; 2] {
    [key.key.as_str().to_owned(), erased_key(key.account, key.principal, key.key.as_str())]
}

/// Takes a lock until the end of the transaction, unless another transaction has it. With the primary key alone, the second of
/// two requests would wait as long as the first one takes, and hold a connection.
fn try_lock(key: &OwnedKey) -> Sql<'_, Pg, Bool> {
    let owner = key.account.get().rotate_left(32) ^ key.principal.get();
    Sql::of(&TRY_LOCK).bind::<Text, _>("key", key.key.as_str()).bind::<BigInt, _>("owner", owner).returning()
}

/// Removes expired answers: the one under this key, and some more of the same account.
fn drop_expired(mut conn: Conn<'_>, key: &OwnedKey, expired: Timestamp) -> QueryResult<()> {
    let same_key = idempotency_keys::table
        .filter(idempotency_keys::account_id.eq(key.account.get()))
        .filter(idempotency_keys::principal_id.eq(key.principal.get()))
        .filter(idempotency_keys::idempotency_key.eq_any(names_of(key)))
        .filter(idempotency_keys::kept_at.lt(DbInstant(expired)));
    on_conn!(conn.reborrow(), |conn| diesel::delete(same_key).execute(conn))?;
    on_conn!(conn, |conn| some_expired(key.account, expired).execute(conn)).map(drop)
}

/// Removes some expired answers of an account.
fn some_expired<DB: Database>(account: AccountId, expired: Timestamp) -> Sql<'static, DB> {
    let locking = match DB::DIALECT {
        // Another transaction may be removing the same rows.
        Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
        Dialect::Sqlite => "",
    };
    Sql::of(&DROP_EXPIRED)
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<Instant, _>("expired", DbInstant(expired))
        .text("locking", locking)
        .uncached()
}

#[cfg(test)]
pub(crate) fn statements() -> Vec<Printed> {
    use diesel::sqlite::Sqlite;

    let (account, at) = (AccountId::new(1), Timestamp::MIN);
    let key = OwnedKey {
        account,
        principal: derslik_domain::id::Id::new(1),
        key: derslik_domain::idempotency::IdempotencyKey::parse("key").unwrap(),
    };
    vec![try_lock(&key).printed(), some_expired::<Pg>(account, at).printed(), some_expired::<Sqlite>(account, at).printed()]
}

impl TryFrom<KeptRow> for KeptAnswer {
    type Error = StoreError;

    fn try_from(row: KeptRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "idempotency_keys", column };
        Ok(Self {
            request: RequestDigest::new(row.request_digest.try_into().map_err(|_| corrupt("request_digest"))?),
            answer: Answer {
                code: AnswerCode::new(u16::try_from(row.answer_status).map_err(|_| corrupt("answer_status"))?),
                body: row.answer_body,
            },
            at: row.kept_at.0,
        })
    }
}
