//! The arguments of a command that prints a part of a list. What the list holds is up to the command.

use clap::Args;
use derslik_domain::id::Id;
use derslik_domain::page::PageRequest;

/// The most entries that a command reads at once when it looks through a whole list.
pub(super) const PAGE_SIZE: u32 = 1_000;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// List what comes after this id.
    #[arg(long, value_name = "ID")]
    after: Option<i64>,
    /// The maximum number of lines.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
}

impl ListArgs {
    /// The part of a list, which is ordered by ids.
    pub(super) fn page<Kind>(&self) -> PageRequest<Id<Kind>> {
        PageRequest { size: self.limit, after: self.after.map(Id::new) }
    }
}
