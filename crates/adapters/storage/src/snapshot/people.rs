//! The people of a list of endings: who was deleted, and which rights the others have. It knows no other part of the list.

use std::collections::BTreeMap;

use derslik_domain::id::Id;
use derslik_domain::identity::{ClassroomRole, Role, UserKey, UserState};
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{IdentityRepository, UserRepository};
use diesel::prelude::*;

use super::SnapshotError;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::principals;
use crate::db::types::DbInstant;
use crate::identity::users::{role, role_name};

/// What a person may do: the account, the id, the role, the role in classrooms, and from when on the person may not log in.
pub(super) type PersonRights = (i64, i64, String, String, Option<i64>);

/// All people who were deleted, and whether they were erased as well: unlike the others, those can't be found by a former name.
pub(super) fn deleted(conn: Conn<'_>) -> Result<BTreeMap<(i64, i64), bool>, SnapshotError> {
    let has_no_name = principals::former_username.is_null().and(principals::former_email.is_null());
    let people: Vec<(i64, i64, bool)> = on_conn!(conn, |conn| principals::table
        .filter(principals::status.eq(UserState::Deleted.name()))
        .select((principals::account_id, principals::id, has_no_name))
        .load(conn))?;
    Ok(people.into_iter().map(|(account, person, is_erased)| ((account, person), is_erased)).collect())
}

/// The rights of all people who were not deleted.
pub(super) fn rights(conn: Conn<'_>) -> Result<Vec<PersonRights>, SnapshotError> {
    type Row = (i64, i64, String, String, Option<DbInstant>);
    let rows: Vec<Row> = on_conn!(conn, |conn| principals::table
        .filter(principals::status.ne(UserState::Deleted.name()))
        .order((principals::account_id, principals::id))
        .select((principals::account_id, principals::id, principals::role, principals::classroom_role, principals::expires_at))
        .load(conn))?;
    let rights = |(account, id, role, in_classrooms, expires): Row| (account, id, role, in_classrooms, expires.map(|at| at.0.micros()));
    Ok(rows.into_iter().map(rights).collect())
}

/// Deletes people as the use case does: it revokes their keys and tokens, and leaves tombstones. Returns how many there were.
pub(super) fn delete(mut conn: Conn<'_>, people: &[(i64, i64)], at: Timestamp) -> Result<u64, SnapshotError> {
    let already = deleted(conn.reborrow())?;
    let mut count = 0;
    for (account, person) in people.iter().filter(|person| !already.contains_key(*person)) {
        let (account, person) = (Id::new(*account), Id::new(*person));
        let mut stores = DieselStores::new(conn.reborrow(), None);
        let Some(user) = UserRepository::find(&mut stores, account, &UserKey::Id(person))? else { continue };
        IdentityRepository::revoke_credentials_of(&mut stores, account, person, at)?;
        count += u64::from(UserRepository::delete(&mut stores, account, &user, at)?);
    }
    Ok(count)
}

/// Takes from people the rights that they do not have by the list. Returns how many people had more.
pub(super) fn limit(mut conn: Conn<'_>, listed: &[PersonRights]) -> Result<u64, SnapshotError> {
    let listed: BTreeMap<_, _> = listed.iter().map(|rights| ((rights.0, rights.1), rights)).collect();
    let mut limited = 0;
    for (account, person, old_role, in_classrooms, expires) in rights(conn.reborrow())? {
        let Some((_, _, now_role, now_in_classrooms, now_expires)) = listed.get(&(account, person)) else { continue };
        let role = role_name(lower_role(&old_role, now_role));
        let code = lower_in_classrooms(&in_classrooms, now_in_classrooms).code();
        let last = earlier(expires, *now_expires);
        if (role, code, last) == (old_role.as_str(), in_classrooms.as_str(), expires) {
            continue;
        }
        let row = principals::table.filter(principals::account_id.eq(account)).filter(principals::id.eq(person));
        let update = diesel::update(row).set((
            principals::role.eq(role),
            principals::classroom_role.eq(code),
            principals::expires_at.eq(last.map(|micros| DbInstant(Timestamp::from_micros(micros)))),
        ));
        on_conn!(conn.reborrow(), |conn| update.execute(conn))?;
        limited += 1;
    }
    Ok(limited)
}

/// The role with fewer rights. A name that is not known stands for the fewest.
fn lower_role(one: &str, other: &str) -> Role {
    let [one, other] = [one, other].map(|name| role(name).unwrap_or(Role::Member));
    one.or_lower(other)
}

/// The role in classrooms with fewer rights. A code that is not known stands for the fewest.
fn lower_in_classrooms(one: &str, other: &str) -> ClassroomRole {
    let [one, other] = [one, other].map(|code| ClassroomRole::by_code(code).unwrap_or_default());
    one.or_lower(other)
}

/// The earlier end of two; without an end it never comes.
pub(super) fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_end_counts() {
        assert_eq!(
            [earlier(None, None), earlier(Some(1), None), earlier(None, Some(2)), earlier(Some(1), Some(2))],
            [None, Some(1), Some(2), Some(1)]
        );
    }

    #[test]
    fn the_role_with_fewer_rights_counts() {
        for (one, other, expected) in [("admin", "admin", Role::Admin), ("admin", "member", Role::Member), ("admin", "?", Role::Member)] {
            assert_eq!([lower_role(one, other), lower_role(other, one)], [expected; 2], "{one} {other}");
        }
        for (one, other, expected) in
            [("a", "a", "a"), ("a", "e+", "e+"), ("e", "e+", "e"), ("e", "e-", "e-"), ("e-", "u", "u"), ("a", "?", "u")]
        {
            let lower = [lower_in_classrooms(one, other), lower_in_classrooms(other, one)];
            assert_eq!(lower.map(ClassroomRole::code), [expected; 2], "{one} {other}");
        }
    }
}
