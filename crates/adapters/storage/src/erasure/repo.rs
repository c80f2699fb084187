//! The repository of erasures.

use derslik_domain::course::roster::Membership;
use derslik_domain::id::{AccountId, JobId};
use derslik_domain::identity::{DataSubject, UserState};
use derslik_domain::job::{ErasedUser, ErasureCounts, ErasureKind, ErasureUsers, ReferenceId, UserPlace};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{CountedAnswers, ErasureRepository, ListedUser, StoreError};
use diesel::prelude::*;

use crate::attendee;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{course_members, credentials, erasure_users, passwords, service_account_people, token_grants};
use crate::db::types::DbJson;
use crate::idempotency;
use crate::job::{counts_from_json, counts_to_json};
use crate::session;

impl ErasureRepository for DieselStores<'_> {
    fn add_users(&mut self, account: AccountId, job: JobId, users: &ErasureUsers) -> Result<(), StoreError> {
        // At most 1 000 rows of four values.
        let row = |(place, user): (i32, &ReferenceId)| {
            (
                erasure_users::account_id.eq(account.get()),
                erasure_users::job_id.eq(job.get()),
                erasure_users::place.eq(place),
                erasure_users::reference.eq(user.as_str().to_owned()),
            )
        };
        let rows: Vec<_> = (0..).zip(users.iter()).map(row).collect();
        self.query(|conn| on_conn!(conn, |conn| diesel::insert_into(erasure_users::table).values(&rows).execute(conn))).map(drop)
    }

    fn user_at(&mut self, account: AccountId, job: JobId, place: UserPlace) -> Result<Option<ReferenceId>, StoreError> {
        let row = erasure_users::table.find((account.get(), job.get(), i32::from(place.get()))).select(erasure_users::reference);
        let user: Option<String> = self.query(|conn| on_conn!(conn, |conn| row.first(conn).optional()))?;
        user.map(reference_of).transpose()
    }

    fn finish_user(&mut self, account: AccountId, job: JobId, place: UserPlace, counts: ErasureCounts) -> Result<(), StoreError> {
        let row = erasure_users::table.find((account.get(), job.get(), i32::from(place.get())));
        let update = diesel::update(row).set(erasure_users::counts.eq(Some(DbJson(counts_to_json(counts).to_string()))));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
    }

    fn list_users(&mut self, account: AccountId, job: JobId, page: PageRequest<UserPlace>) -> Result<Vec<ListedUser>, StoreError> {
        let after = page.after.map_or(-1, |place| i32::from(place.get()));
        let rows: Vec<(i32, String, Option<DbJson>)> = self.query(|conn| {
            on_conn!(conn, |conn| erasure_users::table
                .filter(erasure_users::account_id.eq(account.get()))
                .filter(erasure_users::job_id.eq(job.get()))
                .filter(erasure_users::place.gt(after))
                .order(erasure_users::place)
                .limit(page.size.into())
                .select((erasure_users::place, erasure_users::reference, erasure_users::counts))
                .load(conn))
        })?;
        rows.into_iter().map(listed_user).collect()
    }

    fn count_rows(&mut self, account: AccountId, who: &DataSubject) -> Result<ErasureCounts, StoreError> {
        let living = who.people().iter().filter(|user| user.status != UserState::Deleted).count();
        let counted = self.query(|mut conn| {
            Ok([
                (ErasureKind::Credentials, credentials_of(conn.reborrow(), account, who)?),
                (ErasureKind::Attendances, attendee::count_of(conn.reborrow(), account, who)?),
                (ErasureKind::Sessions, sessions_of(conn.reborrow(), account, who)?),
                (ErasureKind::Memberships, memberships_of(conn, account, who)?),
                (ErasureKind::Profile, i64::try_from(living).unwrap_or(i64::MAX)),
            ])
        })?;
        Ok(counted.into_iter().map(|(kind, rows)| (kind, RowCount::new(rows.unsigned_abs()))).collect())
    }

    fn count_answers(
        &mut self,
        account: AccountId,
        who: &DataSubject,
        after: Option<Timestamp>,
        batch: BatchSize,
    ) -> Result<CountedAnswers, StoreError> {
        self.query(|mut conn| {
            let attendances = attendee::names_of(conn.reborrow(), account, who)?;
            idempotency::count_naming(conn, account, who, &attendances, after, batch)
        })
    }
}

fn reference_of(text: String) -> Result<ReferenceId, StoreError> {
    ReferenceId::new(text).map_err(|_| StoreError::Corrupt { table: "erasure_users", column: "reference" })
}

fn listed_user((place, reference, counts): (i32, String, Option<DbJson>)) -> Result<ListedUser, StoreError> {
    let corrupt = |column| StoreError::Corrupt { table: "erasure_users", column };
    let place = UserPlace::new(u16::try_from(place).map_err(|_| corrupt("place"))?);
    let erased = counts.map(|json| serde_json::from_str(&json.0).ok().and_then(|value| counts_from_json(&value)));
    let erased = erased.map(|counts| counts.ok_or_else(|| corrupt("counts"))).transpose()?;
    let user = ErasedUser { user: reference_of(reference)?, is_erased: erased.is_some(), counts: erased.unwrap_or_default() };
    Ok(ListedUser { place, user })
}

/// The numbers of the people of a data subject.
fn people_of(who: &DataSubject) -> Vec<i64> {
    who.people().iter().map(|user| user.id.get()).collect()
}

/// Keys, tokens, passwords and grants, and the right of service accounts to act for the people.
fn credentials_of(mut conn: Conn<'_>, account: AccountId, who: &DataSubject) -> QueryResult<i64> {
    let people = people_of(who);
    let keys: i64 = on_conn!(conn.reborrow(), |conn| credentials::table
        .filter(credentials::account_id.eq(account.get()))
        .filter(credentials::principal_id.eq_any(&people))
        .count()
        .get_result(conn))?;
    let passwords: i64 = on_conn!(conn.reborrow(), |conn| passwords::table
        .filter(passwords::account_id.eq(account.get()))
        .filter(passwords::principal_id.eq_any(&people))
        .count()
        .get_result(conn))?;
    let grants: i64 = on_conn!(conn.reborrow(), |conn| token_grants::table
        .filter(token_grants::account_id.eq(account.get()))
        .filter(token_grants::principal_id.eq_any(&people))
        .count()
        .get_result(conn))?;
    let rights: i64 = on_conn!(conn, |conn| service_account_people::table
        .filter(service_account_people::account_id.eq(account.get()))
        .filter(service_account_people::person_id.eq_any(&people))
        .count()
        .get_result(conn))?;
    Ok([keys, passwords, grants, rights].into_iter().fold(0, i64::saturating_add))
}

/// Sessions of which the people are the creators, and which list no other attendee.
fn sessions_of(mut conn: Conn<'_>, account: AccountId, who: &DataSubject) -> QueryResult<i64> {
    let mut count = 0;
    for user in who.people() {
        let created = session::all_created_by(conn.reborrow(), account, user.id)?;
        let needed = attendee::count_attended_by_others(conn.reborrow(), account, &created, who)?;
        count += created.len().saturating_sub(needed);
    }
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Memberships of courses, apart from that of an owner, which stays.
fn memberships_of(conn: Conn<'_>, account: AccountId, who: &DataSubject) -> QueryResult<i64> {
    let people = people_of(who);
    on_conn!(conn, |conn| course_members::table
        .filter(course_members::account_id.eq(account.get()))
        .filter(course_members::user_id.eq_any(&people))
        .filter(course_members::membership.ne(Membership::Owner.name()))
        .count()
        .get_result(conn))
}
