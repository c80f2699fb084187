//! The repository of accounts and credentials.

use derslik_domain::course::{CourseSettings, GradingPeriodLicence, MemberCreation};
use derslik_domain::id::{AccountId, CredentialId, Id, PrincipalId};
use derslik_domain::identity::{
    Account, AccountName, AccountSettings, Credential, CredentialKind, Lang, PasswordHash, Principal, Scope, SecretDigest, UserState,
};
use derslik_domain::page::PageRequest;
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::time::{StartDateMode, Timestamp, Zone};
use derslik_ports::outbound::{CredentialOwner, IdentityRepository, NewCredential, StoreError};
use diesel::dsl::max;
use diesel::prelude::*;

use super::kinds::{kind_of_text, kind_text};
use super::users;
use crate::db::conn::{Conn, DieselStores, on_conn};
use crate::db::schema::{accounts, credentials, passwords, principals};
use crate::db::types::{DbInstant, row_count};

/// The lowest id that is generated for an account. Lower ids are reserved for accounts whose ids an operator chose.
const FIRST_ACCOUNT: i64 = 10_000;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct AccountRow {
    id: i64,
    name: String,
    lang: String,
    timezone: String,
    start_date_mode: String,
    member_course_creation: String,
    grading_period_licence: String,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = principals)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct PrincipalRow {
    id: i64,
    kind: String,
    role: String,
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = credentials)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct CredentialRow {
    id: i64,
    kind: String,
    public_id: String,
    digest: Vec<u8>,
    scopes: String,
    expires_at: Option<DbInstant>,
    project_id: Option<i64>,
}

impl IdentityRepository for DieselStores<'_> {
    fn add_account(&mut self, account: &Account, at: Timestamp) -> Result<bool, StoreError> {
        let row = (
            accounts::id.eq(account.id.get()),
            accounts::name.eq(account.name.as_str()),
            accounts::lang.eq(account.settings.lang.as_str()),
            accounts::timezone.eq(account.settings.timezone.name()),
            accounts::start_date_mode.eq(mode_name(account.settings.start_date_mode)),
            accounts::member_course_creation.eq(creation_name(account.settings.courses.member_creation)),
            accounts::grading_period_licence.eq(licence_name(account.settings.courses.grading_periods)),
            accounts::created_at.eq(DbInstant(at)),
        );
        let insert = diesel::insert_into(accounts::table).values(row).on_conflict(accounts::id).do_nothing();
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(|rows| rows > 0)
    }

    fn accounts(&mut self, page: PageRequest<AccountId>) -> Result<Vec<Account>, StoreError> {
        let after = page.after.map_or(i64::MIN, Id::get);
        let rows: Vec<AccountRow> = self.query(|conn| {
            on_conn!(conn, |conn| accounts::table
                .filter(accounts::id.gt(after))
                .order(accounts::id)
                .limit(page.size.into())
                .select(AccountRow::as_select())
                .load(conn))
        })?;
        rows.into_iter().map(Account::try_from).collect()
    }

    fn find_account(&mut self, name: &str) -> Result<Option<Account>, StoreError> {
        let row: Option<AccountRow> = self.query(|conn| {
            on_conn!(conn, |conn| accounts::table.filter(accounts::name.eq(name)).select(AccountRow::as_select()).first(conn).optional())
        })?;
        row.map(Account::try_from).transpose()
    }

    fn next_account_id(&mut self) -> Result<AccountId, StoreError> {
        let highest: Option<i64> = self.query(|conn| on_conn!(conn, |conn| accounts::table.select(max(accounts::id)).first(conn)))?;
        Ok(Id::new(highest.map_or(FIRST_ACCOUNT, |highest| highest.max(FIRST_ACCOUNT - 1) + 1)))
    }

    fn hold_principal(&mut self, account: AccountId, principal: PrincipalId) -> Result<bool, StoreError> {
        let active = principals::table
            .filter(principals::account_id.eq(account.get()))
            .filter(principals::id.eq(principal.get()))
            .filter(principals::status.eq(UserState::Active.name()))
            .select(principals::id);
        let found: Option<i64> = self.query(|conn| match conn {
            Conn::Pg(conn) => active.for_key_share().first(conn).optional(),
            // SQLite needs no lock here: an immediate transaction is the only writer.
            Conn::Sqlite(conn) => active.first(conn).optional(),
        })?;
        Ok(found.is_some())
    }

    fn add_credential(&mut self, account: AccountId, owner: Principal, new: &NewCredential) -> Result<bool, StoreError> {
        let scopes: Vec<_> = new.scopes.iter().map(Scope::name).collect();
        let row = (
            credentials::account_id.eq(account.get()),
            credentials::principal_id.eq(owner.id.get()),
            credentials::kind.eq(kind_text(new.kind)),
            credentials::public_id.eq(&new.public_id),
            credentials::digest.eq(new.digest.bytes().as_slice()),
            credentials::scopes.eq(scopes.join(" ")),
            credentials::created_at.eq(DbInstant(new.at)),
            credentials::expires_at.eq(new.expires_at.map(DbInstant)),
            credentials::project_id.eq(new.project.map(Id::get)),
        );
        let insert =
            diesel::insert_into(credentials::table).values(row).on_conflict((credentials::kind, credentials::public_id)).do_nothing();
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(|rows| rows > 0)
    }

    fn find_credential(&mut self, kind: CredentialKind, public_id: &str) -> Result<Option<CredentialOwner>, StoreError> {
        let found = self.query(|conn| {
            on_conn!(conn, |conn| credentials::table
                .inner_join(accounts::table.on(accounts::id.eq(credentials::account_id)))
                .inner_join(
                    principals::table
                        .on(principals::account_id.eq(credentials::account_id).and(principals::id.eq(credentials::principal_id)))
                )
                .filter(credentials::kind.eq(kind_text(kind)))
                .filter(credentials::public_id.eq(public_id))
                .filter(credentials::revoked_at.is_null())
                .filter(principals::status.eq(UserState::Active.name()))
                .select((CredentialRow::as_select(), PrincipalRow::as_select(), AccountRow::as_select()))
                .first::<(CredentialRow, PrincipalRow, AccountRow)>(conn)
                .optional())
        })?;
        found.map(|(credential, principal, account)| owner_of(credential, &principal, account)).transpose()
    }

    fn revoke_credential(&mut self, account: AccountId, credential: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
        let row = credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::id.eq(credential.get()))
            .filter(credentials::revoked_at.is_null());
        let update = diesel::update(row).set(credentials::revoked_at.eq(DbInstant(at)));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(|rows| rows > 0)
    }

    fn erase_credentials(&mut self, account: AccountId, owner: PrincipalId, batch: BatchSize) -> Result<RowCount, StoreError> {
        self.query(|conn| {
            on_conn!(conn, |conn| {
                let mine =
                    credentials::table.filter(credentials::account_id.eq(account.get())).filter(credentials::principal_id.eq(owner.get()));
                let ids: Vec<i64> = mine.order(credentials::id).limit(batch.get().into()).select(credentials::id).load(conn)?;
                let password =
                    passwords::table.filter(passwords::account_id.eq(account.get())).filter(passwords::principal_id.eq(owner.get()));
                Ok(diesel::delete(mine.filter(credentials::id.eq_any(ids))).execute(conn)? + diesel::delete(password).execute(conn)?)
            })
        })
        .map(row_count)
    }

    fn revoke_credentials_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError> {
        let rows = credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::principal_id.eq(owner.get()))
            .filter(credentials::revoked_at.is_null());
        let update = diesel::update(rows).set(credentials::revoked_at.eq(DbInstant(at)));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
    }

    fn revoke_tokens_of(&mut self, account: AccountId, owner: PrincipalId, at: Timestamp) -> Result<(), StoreError> {
        let rows = credentials::table
            .filter(credentials::account_id.eq(account.get()))
            .filter(credentials::principal_id.eq(owner.get()))
            .filter(credentials::kind.eq(kind_text(CredentialKind::AccessToken)))
            .filter(credentials::revoked_at.is_null());
        let update = diesel::update(rows).set(credentials::revoked_at.eq(DbInstant(at)));
        self.query(|conn| on_conn!(conn, |conn| update.execute(conn))).map(drop)
    }

    fn set_password(&mut self, account: AccountId, owner: PrincipalId, hash: &PasswordHash, at: Timestamp) -> Result<(), StoreError> {
        let change = (passwords::hash.eq(hash.as_str()), passwords::changed_at.eq(DbInstant(at)));
        let row = (passwords::account_id.eq(account.get()), passwords::principal_id.eq(owner.get()), change.0, change.1);
        let insert = diesel::insert_into(passwords::table)
            .values(row)
            .on_conflict((passwords::account_id, passwords::principal_id))
            .do_update()
            .set(change);
        self.query(|conn| on_conn!(conn, |conn| insert.execute(conn))).map(drop)
    }

    fn find_password(&mut self, account: AccountId, owner: PrincipalId) -> Result<Option<PasswordHash>, StoreError> {
        let found: Option<String> = self.query(|conn| {
            on_conn!(conn, |conn| passwords::table.find((account.get(), owner.get())).select(passwords::hash).first(conn).optional())
        })?;
        Ok(found.map(PasswordHash::new))
    }
}

fn owner_of(row: CredentialRow, principal: &PrincipalRow, account: AccountRow) -> Result<CredentialOwner, StoreError> {
    let corrupt = |table, column| StoreError::Corrupt { table, column };
    let digest: [u8; 32] = row.digest.try_into().map_err(|_| corrupt("credentials", "digest"))?;
    let principal = Principal {
        id: Id::new(principal.id),
        kind: users::principal_kind(&principal.kind).ok_or_else(|| corrupt("principals", "kind"))?,
        role: users::role(&principal.role).ok_or_else(|| corrupt("principals", "role"))?,
    };
    let credential = Credential {
        id: Id::new(row.id),
        kind: kind_of_text(&row.kind).ok_or_else(|| corrupt("credentials", "kind"))?,
        public_id: row.public_id,
        digest: SecretDigest::new(digest),
        principal,
        scopes: row.scopes.split_whitespace().filter_map(Scope::by_name).collect(),
        expires_at: row.expires_at.map(|at| at.0),
        project: row.project_id.map(Id::new),
    };
    Ok(CredentialOwner { account: account.try_into()?, credential })
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "accounts", column };
        let settings = AccountSettings {
            lang: Lang::parse(&row.lang).map_err(|_| corrupt("lang"))?,
            timezone: Zone::parse(&row.timezone).map_err(|_| corrupt("timezone"))?,
            start_date_mode: mode(&row.start_date_mode).ok_or_else(|| corrupt("start_date_mode"))?,
            courses: CourseSettings {
                member_creation: creation(&row.member_course_creation).ok_or_else(|| corrupt("member_course_creation"))?,
                grading_periods: licence(&row.grading_period_licence).ok_or_else(|| corrupt("grading_period_licence"))?,
            },
        };
        Ok(Self { id: Id::new(row.id), name: AccountName::new(row.name).map_err(|_| corrupt("name"))?, settings })
    }
}

const fn mode_name(mode: StartDateMode) -> &'static str {
    match mode {
        StartDateMode::Civil => "civil",
        StartDateMode::Instant => "instant",
    }
}

fn mode(name: &str) -> Option<StartDateMode> {
    [StartDateMode::Civil, StartDateMode::Instant].into_iter().find(|mode| mode_name(*mode) == name)
}

const fn creation_name(creation: MemberCreation) -> &'static str {
    match creation {
        MemberCreation::ProvisionedOnly => "provisioned",
        MemberCreation::ActiveToo => "active",
    }
}

fn creation(name: &str) -> Option<MemberCreation> {
    [MemberCreation::ProvisionedOnly, MemberCreation::ActiveToo].into_iter().find(|creation| creation_name(*creation) == name)
}

const fn licence_name(licence: GradingPeriodLicence) -> &'static str {
    match licence {
        GradingPeriodLicence::Held => "held",
        GradingPeriodLicence::Missing => "missing",
    }
}

fn licence(name: &str) -> Option<GradingPeriodLicence> {
    [GradingPeriodLicence::Held, GradingPeriodLicence::Missing].into_iter().find(|licence| licence_name(*licence) == name)
}
