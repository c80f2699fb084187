//! The projections of sessions, as the change log drives them. The top of `change_log/mod.rs` lists what a new one needs.

use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{ChangeLogRepository, Projection, ProjectionLag, StoreError};
use diesel::result::QueryResult;

use super::{creators, ends, index};
use crate::change_log::{self, Apply, LockMode};
use crate::db::conn::{Conn, DieselStores};

impl ChangeLogRepository for DieselStores<'_> {
    fn catch_up(&mut self, account: AccountId, projection: Projection, limit: u16) -> Result<RowCount, StoreError> {
        self.query(|conn| catch_up(conn, account, projection, limit, LockMode::Wait))
    }

    fn try_catch_up(&mut self, account: AccountId, projection: Projection, limit: u16) -> Result<RowCount, StoreError> {
        self.query(|conn| catch_up(conn, account, projection, limit, LockMode::Skip))
    }

    fn accounts_behind(
        &mut self,
        projection: Projection,
        more_than: u32,
        page: PageRequest<AccountId>,
    ) -> Result<Vec<AccountId>, StoreError> {
        let is_distributed = self.is_distributed()?;
        self.query(|conn| change_log::accounts_behind(conn, is_distributed, projection, more_than, page))
    }

    fn lags(&mut self) -> Result<Vec<ProjectionLag>, StoreError> {
        self.query(change_log::lags)
    }
}

fn catch_up(conn: Conn<'_>, account: AccountId, projection: Projection, limit: u16, mode: LockMode) -> QueryResult<RowCount> {
    let apply: Apply = match projection {
        Projection::SearchIndex => index::apply,
        Projection::SessionEnds => ends::apply,
        Projection::SessionCreators => creators::apply,
    };
    change_log::catch_up(conn, account, projection, limit, mode, apply)
}
