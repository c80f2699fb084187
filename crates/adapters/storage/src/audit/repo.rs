//! The repository of audit records.

use derslik_domain::audit::{
    AuditEvent, AuditFilter, AuditId, AuditRecord, Erasure, ErasureStage, EventKind, NewAuditRecord, Object, Requester, Subject,
};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::job::{ErasureCounts, ErasureKind, ReferenceId};
use derslik_domain::page::{Page, PageRequest};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{AuditRepository, StoreError};
use diesel::prelude::*;
use serde_json::{Map, Value};

use super::look::Look;
use crate::db::conn::{DieselStores, on_conn};
use crate::db::digest::{Digests, Purpose};
use crate::db::schema::audit_records;
use crate::db::types::{DbInstant, DbJson};

/// The name of the number of denied requests in the details.
const COUNT: &str = "count";

/// How many records one statement inserts, well below the parameters that SQLite allows.
const RECORDS_IN_ONE_STATEMENT: usize = 1_000;

/// The records that match a filter. `about` is the digest of the name in it.
macro_rules! matching {
    ($account:expr, $filter:expr, $about:expr) => {{
        let mut query = audit_records::table.filter(audit_records::account_id.eq($account.get())).into_boxed();
        if let Some(about) = &$about {
            query = query.filter(audit_records::subject.eq(about.digest().as_slice()));
        }
        if let Some(job) = $filter.job {
            query = query.filter(audit_records::job_id.eq(job.get()));
        }
        if let Some(event) = $filter.event {
            query = query.filter(audit_records::event.eq(event.to_string()));
        }
        if let Some(from) = $filter.from {
            query = query.filter(audit_records::at.ge(DbInstant(from)));
        }
        if let Some(before) = $filter.before {
            query = query.filter(audit_records::at.lt(DbInstant(before)));
        }
        query
    }};
}

/// The columns that are written.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_records)]
#[diesel(treat_none_as_default_value = false)]
struct NewAuditRow {
    account_id: i64,
    at: DbInstant,
    event: String,
    job_id: Option<i64>,
    subject: Option<Vec<u8>>,
    principal_id: Option<i64>,
    credential_id: Option<i64>,
    details: DbJson,
    object_id: Option<i64>,
}

impl NewAuditRow {
    /// The row of a record. A record about a user needs the digests.
    fn new(account: AccountId, record: &NewAuditRecord, digests: Option<&Digests>) -> Self {
        let event = &record.event;
        let (principal, credential) = match event.requester() {
            Some(Requester::Principal(principal, credential)) => (Some(principal.get()), Some(credential.get())),
            // Without a credential it is the id of an admin. Older programs read it as the operator, and seals cover it as any other.
            Some(Requester::Admin(admin)) => (Some(admin.get()), None),
            Some(Requester::Operator) | None => (None, None),
        };
        Self {
            account_id: account.get(),
            at: DbInstant(record.at),
            event: event.kind().to_string(),
            job_id: event.job().map(Id::get),
            subject: event.subject().zip(digests).map(|(name, digests)| digests.digest(name.as_str()).to_vec()),
            principal_id: principal,
            credential_id: credential,
            details: DbJson(Value::Object(details(event)).to_string()),
            object_id: object_id(event),
        }
    }
}

/// The columns that are read.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = audit_records)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct AuditRow {
    id: i64,
    at: DbInstant,
    event: String,
    job_id: Option<i64>,
    subject: Option<Vec<u8>>,
    principal_id: Option<i64>,
    credential_id: Option<i64>,
    details: DbJson,
    object_id: Option<i64>,
}

impl AuditRepository for DieselStores<'_> {
    fn add(&mut self, account: AccountId, record: &NewAuditRecord) -> Result<(), StoreError> {
        let digests = match record.event.subject() {
            Some(_) => Some(Digests::of(self, account, Purpose::Audit)?),
            None => None,
        };
        let insert = diesel::insert_into(audit_records::table).values(NewAuditRow::new(account, record, digests.as_ref()));
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn add_many(&mut self, account: AccountId, records: &[NewAuditRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let digests = Digests::of(self, account, Purpose::Audit)?;
        let rows: Vec<_> = records.iter().map(|record| NewAuditRow::new(account, record, Some(&digests))).collect();
        for part in rows.chunks(RECORDS_IN_ONE_STATEMENT) {
            self.query(|conn| on_conn!(conn, |conn| diesel::insert_into(audit_records::table).values(part).execute(conn)))?;
        }
        Ok(())
    }

    fn list(&mut self, account: AccountId, filter: &AuditFilter, page: PageRequest<AuditId>) -> Result<Vec<AuditRecord>, StoreError> {
        let about = filter.about.as_ref().map(|reference| subject(self, account, reference)).transpose()?;
        let rows: Vec<AuditRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let mut query = matching!(account, filter, about);
                if let Some(after) = page.after {
                    query = query.filter(audit_records::id.gt(after.get()));
                }
                query.order(audit_records::id).limit(page.size.into()).select(AuditRow::as_select()).load(conn)
            })
        })?;
        rows.into_iter().map(AuditRecord::try_from).collect()
    }

    fn latest(
        &mut self,
        account: AccountId,
        filter: &AuditFilter,
        before: Option<AuditId>,
        size: u32,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let about = filter.about.as_ref().map(|reference| subject(self, account, reference)).transpose()?;
        let Look { before, above } = Look::of(self, account, filter, about, before.map_or(i64::MAX, Id::get))?;
        let rows: Vec<AuditRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let mut query = matching!(account, filter, about).filter(audit_records::id.lt(before));
                if let Some(above) = above {
                    query = query.filter(audit_records::id.gt(above));
                }
                query.order(audit_records::id.desc()).limit(i64::from(size) + 1).select(AuditRow::as_select()).load(conn)
            })
        })?;
        let records: Result<_, StoreError> = rows.into_iter().map(AuditRecord::try_from).collect();
        Ok(Page::first(records?, size))
    }
}

/// The digest that stands for the name of a person. The same name has another digest in another account.
fn subject(stores: &mut DieselStores<'_>, account: AccountId, name: &ReferenceId) -> Result<Subject, StoreError> {
    Ok(Subject::new(Digests::of(stores, account, Purpose::Audit)?.digest(name.as_str())))
}

/// The object of a change. A job has a column of its own, by which its erasure is found as well.
fn object_id<S>(event: &AuditEvent<S>) -> Option<i64> {
    match event {
        AuditEvent::Change(_, _, Object::Job(_)) | AuditEvent::Erasure(_) | AuditEvent::Denied { .. } => None,
        AuditEvent::Change(_, _, object) => object.id(),
    }
}

fn details<S>(event: &AuditEvent<S>) -> Map<String, Value> {
    match event {
        AuditEvent::Denied { cause: _, count } => Map::from_iter([(COUNT.to_owned(), Value::from(*count))]),
        AuditEvent::Erasure(_) | AuditEvent::Change(..) => event.counts().map_or_else(Map::new, counts_to_json),
    }
}

fn counts_to_json(counts: ErasureCounts) -> Map<String, Value> {
    counts.iter().map(|(kind, rows)| (kind.name().to_owned(), rows.get().into())).collect()
}

fn counts_from_json(counts: &Map<String, Value>) -> Option<ErasureCounts> {
    counts.iter().map(|(name, rows)| Some((ErasureKind::by_name(name)?, RowCount::new(rows.as_u64()?)))).collect()
}

impl TryFrom<AuditRow> for AuditRecord {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "audit_records", column };
        let kind = EventKind::by_name(&row.event).ok_or_else(|| corrupt("event"))?;
        let requester = match (row.principal_id, row.credential_id) {
            (Some(principal), Some(credential)) => Requester::Principal(Id::new(principal), Id::new(credential)),
            (Some(admin), None) => Requester::Admin(Id::new(admin)),
            (None, _) => Requester::Operator,
        };
        let details: Map<String, Value> = serde_json::from_str(&row.details.0).map_err(|_| corrupt("details"))?;
        let counts = || counts_from_json(&details).ok_or_else(|| corrupt("details"));
        let erasure = |stage| {
            let job = row.job_id.map(Id::new).ok_or_else(|| corrupt("job_id"))?;
            let subject = row.subject.as_deref().and_then(|digest| <[u8; 32]>::try_from(digest).ok());
            let subject = subject.map(Subject::new).ok_or_else(|| corrupt("subject"))?;
            Ok::<_, StoreError>(AuditEvent::Erasure(Erasure { job, subject, stage }))
        };
        let event = match kind {
            EventKind::ErasureRequested => erasure(ErasureStage::Requested(requester))?,
            EventKind::ErasureCancelled => erasure(ErasureStage::Cancelled(requester, counts()?))?,
            EventKind::ErasureCompleted => erasure(ErasureStage::Completed(counts()?))?,
            EventKind::Change(object, change) => {
                // A job is in the column of its own.
                let object = object.object(row.object_id.or(row.job_id)).ok_or_else(|| corrupt("object_id"))?;
                AuditEvent::Change(requester, change, object)
            }
            EventKind::Denied(cause) => {
                let count = details.get(COUNT).and_then(Value::as_u64).ok_or_else(|| corrupt("details"))?;
                AuditEvent::Denied { cause, count }
            }
        };
        Ok(Self { id: Id::new(row.id), at: row.at.0, event })
    }
}
