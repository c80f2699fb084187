//! Accounts as rows, and their states.

use derslik_domain::course::{CourseSettings, GradingPeriodLicence, MemberCreation};
use derslik_domain::id::{AccountId, Id};
use derslik_domain::identity::{Account, AccountName, AccountSettings, AccountState, Lang};
use derslik_domain::page::PageRequest;
use derslik_domain::time::{StartDateMode, Timestamp, Zone};
use derslik_ports::outbound::StoreError;
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::accounts;
use crate::db::types::DbInstant;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct AccountRow {
    id: i64,
    name: String,
    lang: String,
    timezone: String,
    start_date_mode: String,
    member_course_creation: String,
    grading_period_licence: String,
}

/// An account with when it was created and when it was disabled.
type StateRow = (AccountRow, DbInstant, Option<DbInstant>);

/// A page of the accounts with their states.
pub(super) fn states(stores: &mut DieselStores<'_>, page: PageRequest<AccountId>) -> Result<Vec<AccountState>, StoreError> {
    let after = page.after.map_or(i64::MIN, Id::get);
    let rows: Vec<StateRow> = stores.query(|conn| {
        on_conn!(conn, |conn| accounts::table
            .filter(accounts::id.gt(after))
            .order(accounts::id)
            .limit(page.size.into())
            .select((AccountRow::as_select(), accounts::created_at, accounts::disabled_at))
            .load(conn))
    })?;
    rows.into_iter().map(state_of).collect()
}

/// One account with its state.
pub(super) fn state(stores: &mut DieselStores<'_>, account: AccountId) -> Result<Option<AccountState>, StoreError> {
    let row: Option<StateRow> = stores.query(|conn| {
        on_conn!(conn, |conn| accounts::table
            .find(account.get())
            .select((AccountRow::as_select(), accounts::created_at, accounts::disabled_at))
            .first(conn)
            .optional())
    })?;
    row.map(state_of).transpose()
}

/// Disables an account that is in use, or takes a disabled one into use again.
pub(super) fn set_disabled(stores: &mut DieselStores<'_>, account: AccountId, disabled_at: Option<Timestamp>) -> Result<bool, StoreError> {
    let row = accounts::table.filter(accounts::id.eq(account.get()));
    let change = accounts::disabled_at.eq(disabled_at.map(DbInstant));
    let rows = if disabled_at.is_some() {
        let update = diesel::update(row.filter(accounts::disabled_at.is_null())).set(change);
        stores.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?
    } else {
        let update = diesel::update(row.filter(accounts::disabled_at.is_not_null())).set(change);
        stores.query(|conn| on_conn!(conn, |conn| update.execute(conn)))?
    };
    Ok(rows > 0)
}

fn state_of((account, created_at, disabled_at): StateRow) -> Result<AccountState, StoreError> {
    Ok(AccountState { account: account.try_into()?, created_at: created_at.0, disabled_at: disabled_at.map(|at| at.0) })
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

pub(super) const fn mode_name(mode: StartDateMode) -> &'static str {
    match mode {
        StartDateMode::Civil => "civil",
        StartDateMode::Instant => "instant",
    }
}

fn mode(name: &str) -> Option<StartDateMode> {
    [StartDateMode::Civil, StartDateMode::Instant].into_iter().find(|mode| mode_name(*mode) == name)
}

pub(super) const fn creation_name(creation: MemberCreation) -> &'static str {
    match creation {
        MemberCreation::ProvisionedOnly => "provisioned",
        MemberCreation::ActiveToo => "active",
    }
}

fn creation(name: &str) -> Option<MemberCreation> {
    [MemberCreation::ProvisionedOnly, MemberCreation::ActiveToo].into_iter().find(|creation| creation_name(*creation) == name)
}

pub(super) const fn licence_name(licence: GradingPeriodLicence) -> &'static str {
    match licence {
        GradingPeriodLicence::Held => "held",
        GradingPeriodLicence::Missing => "missing",
    }
}

fn licence(name: &str) -> Option<GradingPeriodLicence> {
    [GradingPeriodLicence::Held, GradingPeriodLicence::Missing].into_iter().find(|licence| licence_name(*licence) == name)
}
