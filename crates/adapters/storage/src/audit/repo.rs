//! The repository of audit records.

use derslik_domain::audit::{AuditEvent, AuditFilter, AuditId, AuditRecord, NewAuditRecord, Requester, Subject};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::{ErasureCounts, ErasureKind, ReferenceId};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{AuditRepository, StoreError};
use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::conn::{DieselStores, on_conn};
use crate::db::digest::{Digests, Purpose};
use crate::db::schema::audit_records;
use crate::db::types::{DbInstant, DbJson};

/// The columns that are written.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_records)]
#[diesel(treat_none_as_default_value = false)]
struct NewAuditRow {
    account_id: i64,
    at: DbInstant,
    event: &'static str,
    job_id: i64,
    subject: Vec<u8>,
    principal_id: Option<i64>,
    credential_id: Option<i64>,
    details: DbJson,
}

/// The columns that are read.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_records)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct AuditRow {
    id: i64,
    at: DbInstant,
    event: String,
    job_id: i64,
    subject: Vec<u8>,
    principal_id: Option<i64>,
    credential_id: Option<i64>,
    details: DbJson,
}

impl AuditRepository for DieselStores<'_> {
    fn add(&mut self, account: AccountId, record: &NewAuditRecord) -> Result<(), StoreError> {
        let subject = subject(self, account, &record.about)?;
        let (principal, credential) = match record.event.requester() {
            Some(Requester::Principal(principal, credential)) => (Some(principal.get()), Some(credential.get())),
            Some(Requester::Operator) | None => (None, None),
        };
        let row = NewAuditRow {
            account_id: account.get(),
            at: DbInstant(record.at),
            event: record.event.name(),
            job_id: record.job.get(),
            subject: subject.digest().to_vec(),
            principal_id: principal,
            credential_id: credential,
            details: DbJson(Value::Object(record.event.counts().map_or_else(Map::new, counts_to_json)).to_string()),
        };
        let insert = diesel::insert_into(audit_records::table).values(row);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn list(&mut self, account: AccountId, filter: &AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError> {
        let about = filter.about.as_ref().map(|reference| subject(self, account, reference)).transpose()?;
        let rows: Vec<AuditRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let mut query = audit_records::table.filter(audit_records::account_id.eq(account.get())).into_boxed();
                if let Some(about) = &about {
                    query = query.filter(audit_records::subject.eq(about.digest().as_slice()));
                }
                if let Some(job) = filter.job {
                    query = query.filter(audit_records::job_id.eq(job.get()));
                }
                if let Some(after) = page.after {
                    query = query.filter(audit_records::id.gt(after.get()));
                }
                query.order(audit_records::id).limit(page.size.into()).select(AuditRow::as_select()).load(conn)
            })
        })?;
        rows.into_iter().map(AuditRecord::try_from).collect()
    }
}

/// The digest that stands for the name of a person. The same name has another digest in another account.
fn subject(stores: &mut DieselStores<'_>, account: AccountId, name: &ReferenceId) -> Result<Subject, StoreError> {
    Ok(Subject::new(Digests::of(stores, account, Purpose::Audit)?.digest(name.as_str())))
}

fn counts_to_json(counts: ErasureCounts) -> Map<String, Value> {
    counts.iter().map(|(kind, rows)| (kind.name().to_owned(), rows.get().into())).collect()
}

fn counts_from_json(json: &str) -> Option<ErasureCounts> {
    let counts: Map<String, Value> = serde_json::from_str(json).ok()?;
    counts.iter().map(|(name, rows)| Some((ErasureKind::by_name(name)?, RowCount::new(rows.as_u64()?)))).collect()
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "audit_records", column };
        let requester = match (row.principal_id, row.credential_id) {
            (Some(principal), Some(credential)) => Requester::Principal(Id::new(principal), Id::new(credential)),
            _ => Requester::Operator,
        };
        let counts = counts_from_json(&row.details.0).ok_or_else(|| corrupt("details"))?;
        let event = match row.event.as_str() {
            "erasure_requested" => AuditEvent::ErasureRequested(requester),
            "erasure_cancelled" => AuditEvent::ErasureCancelled(requester, counts),
            "erasure_completed" => AuditEvent::ErasureCompleted(counts),
            _ => return Err(corrupt("event")),
        };
        let subject = <[u8; 32]>::try_from(row.subject).map_err(|_| corrupt("subject"))?;
        Ok(Self { id: Id::new(row.id), at: row.at.0, job: Id::new(row.job_id), subject: Subject::new(subject), event })
    }
}
