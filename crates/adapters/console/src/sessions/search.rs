//! The search of sessions, as pages need it.

use derslik_domain::identity::Actor;
use derslik_domain::page::{OffsetPage, Page};
use derslik_domain::session::{Session, SessionFilter};

use crate::failure::Failure;
use crate::visit::Visit;

/// The first `size` sessions after the first `offset`, and whether there are more. The page of the filter is ignored. `size` is below
/// [`OffsetPage::MAX_SIZE`].
pub(super) async fn page(visit: &Visit, actor: &Actor, filter: SessionFilter, offset: u64, size: u32) -> Result<Page<Session>, Failure> {
    let service = &visit.ports()?.clients.sessions;
    // One session more shows that the list goes on.
    let mut filter = SessionFilter { page: OffsetPage::at(offset, size.saturating_add(1)).unwrap_or_default(), ..filter };
    let mut found = Vec::new();
    loop {
        // A search ends early where texts are long.
        let part = service.search(actor, filter.clone()).await?;
        let taken = u32::try_from(part.entries.len()).unwrap_or(u32::MAX);
        found.extend(part.entries);
        filter.page = filter.page.after(taken);
        if !part.more || taken == 0 || filter.page.size() == 0 {
            return Ok(Page::first(found, size));
        }
    }
}
