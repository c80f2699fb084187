//! The bar of test control on each page: the clock of the account, what falls due next, and the faults that are on.

use crate::failure::Failure;
use crate::visit::Visit;

/// The bar. `templates/shell/bar.html` shows it.
#[derive(Debug)]
pub(crate) struct Bar {
    /// What the clock of the account shows.
    pub(crate) now: String,
}

/// The bar of a page; `None` where there is no test control.
pub(crate) async fn of(visit: &Visit) -> Result<Option<Bar>, Failure> {
    if visit.ports()?.control.is_none() {
        return Ok(None);
    }
    Ok(Some(Bar { now: visit.moment(visit.now) }))
}
