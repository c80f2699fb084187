//! The repository of users.

use std::collections::{BTreeMap, BTreeSet};

use derslik_domain::id::{AccountId, Id, PrincipalId, UserGuid};
use derslik_domain::identity::{
    ClassroomRole, DataSubject, Email, Lang, Mobile, PersonFilter, PersonName, PrincipalKind, Role, User, UserKey, UserProfile, UserState,
    Username,
};
use derslik_domain::job::ReferenceId;
use derslik_domain::page::PageRequest;
use derslik_domain::text::fold;
use derslik_domain::time::{Timestamp, Zone};
use derslik_ports::outbound::{StoreError, UserRepository};
use diesel::dsl::max;
use diesel::prelude::*;

use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::digest::{Digests, Purpose};
use crate::db::schema::{principals, service_accounts};
use crate::db::text::{Contains, Part};
use crate::db::types::{DbGuid, DbInstant};

/// The first id that is generated for a user.
const FIRST_USER: i64 = 100;

/// The most GUIDs or names in one statement, well below the 32 766 parameters that SQLite allows.
const KEYS_IN_ONE_STATEMENT: usize = 10_000;

/// The first users of an account by id, up to the most that a data subject may match. The caller adds the condition.
macro_rules! some_people {
    ($account:expr) => {
        principals::table
            .filter(principals::account_id.eq($account.get()))
            .order(principals::id)
            .limit(DataSubject::MOST_PEOPLE.into())
            .select(UserRow::as_select())
    };
}

/// A user as a row of the table `principals`.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = principals)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true, primary_key(account_id, id))]
pub(crate) struct UserRow {
    account_id: i64,
    id: i64,
    kind: String,
    role: String,
    guid: DbGuid,
    username: Option<String>,
    username_key: Option<String>,
    email: Option<String>,
    email_key: Option<String>,
    name: String,
    surname: String,
    status: String,
    created_at: DbInstant,
    updated_at: DbInstant,
    name_key: String,
    surname_key: String,
    classroom_role: String,
    mobile: Option<String>,
    login_allowed: bool,
    lang: Option<String>,
    timezone: Option<String>,
    expires_at: Option<DbInstant>,
}

impl UserRow {
    fn new(account: AccountId, user: &User) -> Self {
        Self {
            account_id: account.get(),
            id: user.id.get(),
            kind: kind_name(user.kind).to_owned(),
            role: role_name(user.role).to_owned(),
            guid: user.guid.into(),
            username: user.username.as_ref().map(ToString::to_string),
            username_key: user.username.as_ref().map(Username::key),
            email: user.email.as_ref().map(ToString::to_string),
            email_key: user.email.as_ref().map(Email::key),
            name: user.name.to_string(),
            surname: user.surname.to_string(),
            status: user.status.name().to_owned(),
            created_at: DbInstant(user.created_at),
            updated_at: DbInstant(user.updated_at),
            name_key: fold(user.name.as_str()),
            surname_key: fold(user.surname.as_str()),
            classroom_role: user.profile.role.code().to_owned(),
            mobile: user.profile.mobile.as_ref().map(ToString::to_string),
            login_allowed: user.profile.login_allowed,
            lang: user.profile.lang.as_ref().map(ToString::to_string),
            timezone: user.profile.timezone.map(|zone| zone.name().to_owned()),
            expires_at: user.profile.expires_at.map(DbInstant),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "principals", column };
        Ok(Self {
            id: Id::new(row.id),
            guid: UserGuid::new(row.guid.0),
            kind: principal_kind(&row.kind).ok_or_else(|| corrupt("kind"))?,
            role: role(&row.role).ok_or_else(|| corrupt("role"))?,
            username: row.username.as_deref().map(Username::parse).transpose().map_err(|_| corrupt("username"))?,
            email: row.email.as_deref().map(Email::parse).transpose().map_err(|_| corrupt("email"))?,
            name: PersonName::new(row.name).map_err(|_| corrupt("name"))?,
            surname: PersonName::new(row.surname).map_err(|_| corrupt("surname"))?,
            status: UserState::by_name(&row.status).ok_or_else(|| corrupt("status"))?,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            profile: UserProfile {
                role: ClassroomRole::by_code(&row.classroom_role).ok_or_else(|| corrupt("classroom_role"))?,
                mobile: row.mobile.map(Mobile::new).transpose().map_err(|_| corrupt("mobile"))?,
                login_allowed: row.login_allowed,
                lang: row.lang.as_deref().map(Lang::parse).transpose().map_err(|_| corrupt("lang"))?,
                timezone: row.timezone.as_deref().map(Zone::parse).transpose().map_err(|_| corrupt("timezone"))?,
                expires_at: row.expires_at.map(|at| at.0),
            },
        })
    }
}

impl UserRepository for DieselStores<'_> {
    fn add(&mut self, account: AccountId, user: &User) -> Result<bool, StoreError> {
        let row = UserRow::new(account, user);
        let insert = diesel::insert_into(principals::table).values(row).on_conflict((principals::account_id, principals::id)).do_nothing();
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(|rows| rows > 0)
    }

    fn update(&mut self, account: AccountId, user: &User) -> Result<bool, StoreError> {
        let row = principals::table.filter(principals::account_id.eq(account.get())).filter(principals::id.eq(user.id.get()));
        // The row now has its own names, so it must not be found by the former names of a deleted user.
        let former = (principals::former_username.eq(None::<Vec<u8>>), principals::former_email.eq(None::<Vec<u8>>));
        let update = diesel::update(row).set((UserRow::new(account, user), former));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(|rows| rows > 0)
    }

    fn delete(&mut self, account: AccountId, user: &User, at: Timestamp) -> Result<bool, StoreError> {
        let digests = Digests::of(self, account, Purpose::Tombstones)?;
        let former = (
            principals::former_username.eq(user.username.as_ref().map(|name| former_username(&digests, name).to_vec())),
            principals::former_email.eq(user.email.as_ref().map(|email| former_email(&digests, email).to_vec())),
        );
        let row = principals::table.filter(principals::account_id.eq(account.get())).filter(principals::id.eq(user.id.get()));
        let update = diesel::update(row).set((UserRow::new(account, &user.deleted(at)), former));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(|rows| rows > 0)
    }

    fn next_id(&mut self, account: AccountId) -> Result<PrincipalId, StoreError> {
        let of_account = principals::table.filter(principals::account_id.eq(account.get()));
        let highest: Option<i64> = self.query(|conn| on_conn!(conn, |conn| of_account.select(max(principals::id)).first(conn)))?;
        Ok(Id::new(highest.map_or(FIRST_USER, |highest| highest.max(FIRST_USER - 1) + 1)))
    }

    fn find(&mut self, account: AccountId, key: &UserKey) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let query = principals::table.filter(principals::account_id.eq(account.get())).select(UserRow::as_select()).into_boxed();
                let query = match key {
                    UserKey::Id(id) => query.filter(principals::id.eq(id.get())),
                    UserKey::Guid(guid) => query.filter(principals::guid.eq(DbGuid::from(*guid))),
                    UserKey::Email(email) => query.filter(principals::email_key.eq(email.key())),
                    UserKey::Username(username) => query.filter(principals::username_key.eq(username.key())),
                };
                query.first(conn).optional()
            })
        })?;
        row.map(User::try_from).transpose()
    }

    fn find_subject(&mut self, account: AccountId, reference: &ReferenceId) -> Result<DataSubject, StoreError> {
        let (mut living, mut deleted) = (None, BTreeMap::new());
        for key in UserKey::all_of(reference.as_str()) {
            let found = UserRepository::find(self, account, &key)?.filter(|user| user.kind == PrincipalKind::User);
            for user in found.into_iter().chain(deleted_of(self, account, &key)?) {
                if user.status == UserState::Deleted {
                    deleted.insert(user.id, user);
                } else if living.is_none() {
                    living = Some(user);
                }
            }
        }
        Ok(DataSubject::new(reference.as_str(), living.into_iter().chain(deleted.into_values()).collect()))
    }

    fn lock(&mut self, account: AccountId, id: PrincipalId) -> Result<Option<User>, StoreError> {
        let user = principals::table.filter(principals::account_id.eq(account.get())).filter(principals::id.eq(id.get()));
        let row: Option<UserRow> = self.query(|conn| match conn {
            Conn::Pg(conn) => user.select(UserRow::as_select()).for_update().first(conn).optional(),
            Conn::Sqlite(conn) => user.select(UserRow::as_select()).first(conn).optional(),
        })?;
        row.map(User::try_from).transpose()
    }

    fn find_many(&mut self, account: AccountId, ids: &[PrincipalId]) -> Result<Vec<User>, StoreError> {
        let ids: Vec<_> = ids.iter().map(|id| id.get()).collect();
        let rows: Vec<UserRow> = self.query(|conn| {
            on_conn!(conn, |conn| principals::table
                .filter(principals::account_id.eq(account.get()))
                .filter(principals::id.eq_any(ids))
                .select(UserRow::as_select())
                .load(conn))
        })?;
        rows.into_iter().map(User::try_from).collect()
    }

    fn hold_by_guids(&mut self, account: AccountId, guids: &BTreeSet<UserGuid>) -> Result<Vec<User>, StoreError> {
        let guids: Vec<_> = guids.iter().copied().map(DbGuid::from).collect();
        let mut users = Vec::with_capacity(guids.len());
        for guids in guids.chunks(KEYS_IN_ONE_STATEMENT) {
            let query = principals::table
                .filter(principals::account_id.eq(account.get()))
                .filter(principals::guid.eq_any(guids))
                .order(principals::id);
            let rows: Vec<UserRow> = self.query(|conn| match conn {
                Conn::Pg(conn) => query.select(UserRow::as_select()).for_key_share().load(conn),
                Conn::Sqlite(conn) => query.select(UserRow::as_select()).load(conn),
            })?;
            for row in rows {
                users.push(row.try_into()?);
            }
        }
        Ok(users)
    }

    fn hold_by_usernames(&mut self, account: AccountId, usernames: &[Username]) -> Result<Vec<User>, StoreError> {
        let keys: Vec<String> = usernames.iter().map(Username::key).collect();
        let mut users = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_IN_ONE_STATEMENT) {
            let query = principals::table
                .filter(principals::account_id.eq(account.get()))
                .filter(principals::username_key.eq_any(keys))
                .order(principals::id);
            let rows: Vec<UserRow> = self.query(|conn| match conn {
                Conn::Pg(conn) => query.select(UserRow::as_select()).for_key_share().load(conn),
                Conn::Sqlite(conn) => query.select(UserRow::as_select()).load(conn),
            })?;
            for row in rows {
                users.push(row.try_into()?);
            }
        }
        Ok(users)
    }

    fn list_people(&mut self, account: AccountId, filter: &PersonFilter) -> Result<Vec<User>, StoreError> {
        let (name, surname) = (filter.name.as_deref().map(Part::new), filter.surname.as_deref().map(Part::new));
        let page = (i64::from(filter.page.size()), i64::try_from(filter.page.offset()).unwrap_or(i64::MAX));
        let rows: Vec<UserRow> = self.query(|conn| {
            on_conn!(conn, |conn| {
                let mut query = principals::table
                    .filter(principals::account_id.eq(account.get()))
                    .filter(principals::kind.eq(kind_name(PrincipalKind::User)))
                    .filter(principals::status.ne(UserState::Deleted.name()))
                    .into_boxed();
                if let Some(name) = &name {
                    query = query.filter(Contains::new(principals::name_key, name));
                }
                if let Some(surname) = &surname {
                    query = query.filter(Contains::new(principals::surname_key, surname));
                }
                if let Some(email) = &filter.email {
                    query = query.filter(principals::email_key.eq(email));
                }
                if let Some(username) = &filter.username {
                    query = query.filter(principals::username_key.eq(username));
                }
                if let Some(role) = filter.role {
                    query = query.filter(principals::classroom_role.eq(role.code()));
                }
                if let Some(status) = filter.status {
                    query = query.filter(principals::status.eq(status.name()));
                }
                query.order(principals::id).limit(page.0).offset(page.1).select(UserRow::as_select()).load(conn)
            })
        })?;
        rows.into_iter().map(User::try_from).collect()
    }

    fn page_of_people(&mut self, account: AccountId, page: PageRequest<PrincipalId>) -> Result<Vec<User>, StoreError> {
        let people = principals::table
            .filter(principals::account_id.eq(account.get()))
            .filter(principals::id.gt(page.after.map_or(i64::MIN, Id::get)))
            .filter(principals::kind.eq(kind_name(PrincipalKind::User)))
            .filter(principals::status.ne(UserState::Deleted.name()))
            .order(principals::id)
            .limit(page.size.into());
        let rows: Vec<UserRow> = self.query(|conn| on_conn!(conn, |conn| people.select(UserRow::as_select()).load(conn)))?;
        rows.into_iter().map(User::try_from).collect()
    }

    fn find_service(&mut self, account: AccountId) -> Result<Option<User>, StoreError> {
        // A service account acts for itself, and not for the account.
        let others = service_accounts::table.filter(service_accounts::account_id.eq(account.get())).select(service_accounts::principal_id);
        let service = principals::table
            .filter(principals::account_id.eq(account.get()))
            .filter(principals::id.ne_all(others))
            .filter(principals::kind.eq(kind_name(PrincipalKind::Service)))
            .filter(principals::status.eq(UserState::Active.name()))
            .order(principals::id);
        let row: Option<UserRow> = self.query(|conn| on_conn!(conn, |conn| service.select(UserRow::as_select()).first(conn).optional()))?;
        row.map(User::try_from).transpose()
    }
}

/// Some deleted users that had that address or user name last.
fn deleted_of(stores: &mut DieselStores<'_>, account: AccountId, key: &UserKey) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = match key {
        UserKey::Id(_) | UserKey::Guid(_) => return Ok(Vec::new()),
        UserKey::Email(email) => {
            let digest = former_email(&Digests::of(stores, account, Purpose::Tombstones)?, email);
            stores.query(|conn| {
                on_conn!(conn, |conn| some_people!(account).filter(principals::former_email.eq(digest.as_slice())).load(conn))
            })?
        }
        UserKey::Username(name) => {
            let digest = former_username(&Digests::of(stores, account, Purpose::Tombstones)?, name);
            stores.query(|conn| {
                on_conn!(conn, |conn| some_people!(account).filter(principals::former_username.eq(digest.as_slice())).load(conn))
            })?
        }
    };
    rows.into_iter().map(User::try_from).collect()
}

/// The digest under which a deleted user is found by its former user name.
fn former_username(digests: &Digests, name: &Username) -> [u8; 32] {
    digests.digest(&format!("username {}", name.key()))
}

/// The digest under which a deleted user is found by its former address.
fn former_email(digests: &Digests, email: &Email) -> [u8; 32] {
    digests.digest(&format!("email {}", email.key()))
}

const fn kind_name(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Service => "service",
    }
}

pub(super) fn principal_kind(name: &str) -> Option<PrincipalKind> {
    [PrincipalKind::User, PrincipalKind::Service].into_iter().find(|kind| kind_name(*kind) == name)
}

pub(crate) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Member => "member",
    }
}

pub(crate) fn role(name: &str) -> Option<Role> {
    [Role::Admin, Role::Member].into_iter().find(|role| role_name(*role) == name)
}
