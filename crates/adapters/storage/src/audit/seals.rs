//! The repository of the seals of audit records.

use derslik_domain::audit::{AuditHead, AuditId, Checkpoint, Seal, SealKeyId, SealSequence, StoredSeal};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{RecordBytes, SealRepository, SealedRecord, StoreError, UnsealedRecord};
use diesel::dsl::not;
use diesel::prelude::*;

use super::bytes::{StoredRecord, StoredRecordIfAny};
use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::{audit_checkpoints, audit_records, audit_seals};
use crate::db::types::{DbInstant, row_count};

/// A seal in its row.
#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = audit_seals)]
#[diesel(treat_none_as_default_value = false)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct SealRow {
    account_id: i64,
    seq: i64,
    record_id: i64,
    key_id: Vec<u8>,
    seal: Vec<u8>,
}

/// A checkpoint in its row.
#[derive(Debug, Insertable, AsChangeset, Queryable, Selectable)]
#[diesel(table_name = audit_checkpoints)]
#[diesel(primary_key(account_id))]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct CheckpointRow {
    account_id: i64,
    seq: i64,
    seal: Vec<u8>,
    at: DbInstant,
    key_id: Vec<u8>,
    code: Vec<u8>,
}

impl SealRepository for DieselStores<'_> {
    fn unsealed(&mut self, account: AccountId, limit: u16) -> Result<Vec<RecordBytes>, StoreError> {
        let rows: Vec<StoredRecord> = self.query(|conn| {
            on_conn!(conn, |conn| {
                audit_records::table
                    .left_join(
                        audit_seals::table
                            .on(audit_seals::account_id.eq(audit_records::account_id).and(audit_seals::record_id.eq(audit_records::id))),
                    )
                    .filter(audit_records::account_id.eq(account.get()))
                    // Written as the condition of the index.
                    .filter(not(audit_records::sealed))
                    .filter(audit_seals::seq.is_null())
                    .order(audit_records::id)
                    .limit(limit.into())
                    .select((
                        audit_records::id,
                        audit_records::sealed,
                        audit_records::at,
                        audit_records::event,
                        audit_records::job_id,
                        audit_records::subject,
                        audit_records::principal_id,
                        audit_records::credential_id,
                        audit_records::details,
                        audit_records::object_id,
                    ))
                    .load(conn)
            })
        })?;
        Ok(rows.into_iter().map(RecordBytes::from).collect())
    }

    fn head(&mut self, account: AccountId) -> Result<AuditHead, StoreError> {
        let last: Option<(i64, Vec<u8>)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                audit_seals::table
                    .filter(audit_seals::account_id.eq(account.get()))
                    .order(audit_seals::seq.desc())
                    .select((audit_seals::seq, audit_seals::seal))
                    .first(conn)
                    .optional()
            })
        })?;
        match last {
            Some((sequence, seal)) => head(sequence, &seal, "audit_seals"),
            None => Ok(self.checkpoint(account)?.map_or(AuditHead::START, |checkpoint| checkpoint.head)),
        }
    }

    fn add(&mut self, account: AccountId, seals: &[StoredSeal]) -> Result<(), StoreError> {
        if seals.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = seals.iter().map(|seal| SealRow::new(account, seal)).collect();
        let records: Vec<_> = seals.iter().map(|seal| seal.record.get()).collect();
        self.query(|conn| on_conn!(conn, |conn| diesel::insert_into(audit_seals::table).values(&rows).execute(conn)))?;
        let sealed = audit_records::table.filter(audit_records::account_id.eq(account.get())).filter(audit_records::id.eq_any(records));
        let mark = diesel::update(sealed).set(audit_records::sealed.eq(true));
        self.query(|conn| on_conn!(conn, |conn| mark.execute(conn))).map(drop)
    }

    fn sealed(&mut self, account: AccountId, after: SealSequence, limit: u16) -> Result<Vec<SealedRecord>, StoreError> {
        let rows: Vec<(SealRow, StoredRecordIfAny)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                audit_seals::table
                    .left_join(
                        audit_records::table
                            .on(audit_records::account_id.eq(audit_seals::account_id).and(audit_records::id.eq(audit_seals::record_id))),
                    )
                    .filter(audit_seals::account_id.eq(account.get()))
                    .filter(audit_seals::seq.gt(after.get()))
                    .order(audit_seals::seq)
                    .limit(limit.into())
                    .select((
                        SealRow::as_select(),
                        (
                            audit_records::id.nullable(),
                            audit_records::sealed.nullable(),
                            audit_records::at.nullable(),
                            audit_records::event.nullable(),
                            audit_records::job_id.nullable(),
                            audit_records::subject.nullable(),
                            audit_records::principal_id.nullable(),
                            audit_records::credential_id.nullable(),
                            audit_records::details.nullable(),
                            audit_records::object_id.nullable(),
                        ),
                    ))
                    .load(conn)
            })
        })?;
        let sealed = |(seal, record): (SealRow, StoredRecordIfAny)| {
            Ok(SealedRecord { seal: StoredSeal::try_from(seal)?, record: record.found().map(RecordBytes::from) })
        };
        rows.into_iter().map(sealed).collect()
    }

    fn without_seal(&mut self, account: AccountId, page: PageRequest<AuditId>) -> Result<Vec<UnsealedRecord>, StoreError> {
        let rows: Vec<(i64, DbInstant, bool)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                audit_records::table
                    .left_join(
                        audit_seals::table
                            .on(audit_seals::account_id.eq(audit_records::account_id).and(audit_seals::record_id.eq(audit_records::id))),
                    )
                    .filter(audit_records::account_id.eq(account.get()))
                    .filter(audit_records::id.gt(page.after.map_or(i64::MIN, Id::get)))
                    .filter(audit_seals::seq.is_null())
                    .order(audit_records::id)
                    .limit(page.size.into())
                    .select((audit_records::id, audit_records::at, audit_records::sealed))
                    .load(conn)
            })
        })?;
        Ok(rows.into_iter().map(|(id, at, is_marked)| UnsealedRecord { id: Id::new(id), at: at.0, is_marked }).collect())
    }

    fn checkpoint(&mut self, account: AccountId) -> Result<Option<Checkpoint>, StoreError> {
        let row: Option<CheckpointRow> = self.query(|conn| {
            on_conn!(conn, |conn| audit_checkpoints::table.find(account.get()).select(CheckpointRow::as_select()).first(conn).optional())
        })?;
        row.map(Checkpoint::try_from).transpose()
    }

    fn prunable(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<Option<AuditHead>, StoreError> {
        let pruned = self.checkpoint(account)?.map_or(SealSequence::START, |checkpoint| checkpoint.head.sequence);
        let rows: Vec<(i64, Vec<u8>, DbInstant)> = self.query(|conn| {
            on_conn!(conn, |conn| {
                audit_seals::table
                    .inner_join(
                        audit_records::table
                            .on(audit_records::account_id.eq(audit_seals::account_id).and(audit_records::id.eq(audit_seals::record_id))),
                    )
                    .filter(audit_seals::account_id.eq(account.get()))
                    .filter(audit_seals::seq.gt(pruned.get()))
                    .order(audit_seals::seq)
                    .limit(limit.into())
                    .select((audit_seals::seq, audit_seals::seal, audit_records::at))
                    .load(conn)
            })
        })?;
        let mut next = pruned.next();
        let mut last = None;
        for (sequence, seal, at) in rows {
            // A missing record must be found before what stands after it is pruned.
            if sequence != next.get() || at.0 >= before {
                break;
            }
            next = next.next();
            last = Some((sequence, seal));
        }
        last.map(|(sequence, seal)| head(sequence, &seal, "audit_seals")).transpose()
    }

    fn prune(&mut self, account: AccountId, checkpoint: &Checkpoint) -> Result<RowCount, StoreError> {
        let (account_id, until) = (account.get(), checkpoint.head.sequence.get());
        let row = CheckpointRow::new(account, checkpoint);
        let removed = self.query(|conn| {
            on_conn!(conn, |conn| {
                let pruned = audit_seals::table.filter(audit_seals::account_id.eq(account_id)).filter(audit_seals::seq.le(until));
                let records = audit_records::table
                    .filter(audit_records::account_id.eq(account_id))
                    .filter(audit_records::id.eq_any(pruned.select(audit_seals::record_id)));
                diesel::delete(records).execute(conn)
            })
        })?;
        let seals = audit_seals::table.filter(audit_seals::account_id.eq(account_id)).filter(audit_seals::seq.le(until));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(seals).execute(conn)))?;
        self.query(|conn| {
            on_conn!(conn, |conn| {
                diesel::insert_into(audit_checkpoints::table)
                    .values(&row)
                    .on_conflict(audit_checkpoints::account_id)
                    .do_update()
                    .set(&row)
                    .execute(conn)
            })
        })?;
        Ok(row_count(removed))
    }

    fn prune_unsealed(&mut self, account: AccountId, before: Timestamp, limit: u16) -> Result<RowCount, StoreError> {
        let ids: Vec<i64> = self.query(|conn| {
            on_conn!(conn, |conn| {
                audit_records::table
                    .filter(audit_records::account_id.eq(account.get()))
                    .filter(not(audit_records::sealed))
                    .filter(audit_records::at.lt(DbInstant(before)))
                    .order(audit_records::id)
                    .limit(limit.into())
                    .select(audit_records::id)
                    .load(conn)
            })
        })?;
        if ids.is_empty() {
            return Ok(RowCount::ZERO);
        }
        let old = audit_records::table.filter(audit_records::account_id.eq(account.get())).filter(audit_records::id.eq_any(ids));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(old).execute(conn))).map(row_count)
    }
}

fn head(sequence: i64, seal: &[u8], table: &'static str) -> Result<AuditHead, StoreError> {
    let seal = <[u8; 32]>::try_from(seal).map_err(|_| StoreError::Corrupt { table, column: "seal" })?;
    Ok(AuditHead { sequence: SealSequence::new(sequence), seal: Seal::new(seal) })
}

fn key_id(bytes: &[u8], table: &'static str) -> Result<SealKeyId, StoreError> {
    <[u8; 8]>::try_from(bytes).map(SealKeyId::new).map_err(|_| StoreError::Corrupt { table, column: "key_id" })
}

impl SealRow {
    fn new(account: AccountId, seal: &StoredSeal) -> Self {
        Self {
            account_id: account.get(),
            seq: seal.sequence.get(),
            record_id: seal.record.get(),
            key_id: seal.key.bytes().to_vec(),
            seal: seal.seal.bytes().to_vec(),
        }
    }
}

impl TryFrom<SealRow> for StoredSeal {
    type Error = StoreError;

    fn try_from(row: SealRow) -> Result<Self, StoreError> {
        let AuditHead { sequence, seal } = head(row.seq, &row.seal, "audit_seals")?;
        Ok(Self { sequence, record: Id::new(row.record_id), key: key_id(&row.key_id, "audit_seals")?, seal })
    }
}

impl CheckpointRow {
    fn new(account: AccountId, checkpoint: &Checkpoint) -> Self {
        Self {
            account_id: account.get(),
            seq: checkpoint.head.sequence.get(),
            seal: checkpoint.head.seal.bytes().to_vec(),
            at: DbInstant(checkpoint.at),
            key_id: checkpoint.key.bytes().to_vec(),
            code: checkpoint.code.bytes().to_vec(),
        }
    }
}

impl TryFrom<CheckpointRow> for Checkpoint {
    type Error = StoreError;

    fn try_from(row: CheckpointRow) -> Result<Self, StoreError> {
        const TABLE: &str = "audit_checkpoints";
        let code = <[u8; 32]>::try_from(row.code).map_err(|_| StoreError::Corrupt { table: TABLE, column: "code" })?;
        Ok(Self { head: head(row.seq, &row.seal, TABLE)?, at: row.at.0, key: key_id(&row.key_id, TABLE)?, code: Seal::new(code) })
    }
}
