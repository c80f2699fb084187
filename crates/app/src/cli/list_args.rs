//! The arguments of a command that prints a list. What the list holds is up to the command.

use clap::Args;
use derslik_domain::id::Id;
use derslik_domain::page::PageRequest;

use super::Failure;

/// The most entries that a command reads at once.
pub(super) const PAGE_SIZE: u32 = 1_000;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// List what comes after this id.
    #[arg(long, value_name = "ID")]
    after: Option<i64>,
    /// The maximum number of lines [default: all].
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u32>,
}

impl ListArgs {
    /// The entries that were asked for. `read` returns a page of the list, which is ordered by ids.
    pub(super) fn read<T, Kind>(
        &self,
        mut read: impl FnMut(PageRequest<Id<Kind>>) -> Result<Vec<T>, Failure>,
        id_of: impl Fn(&T) -> Id<Kind>,
    ) -> Result<Vec<T>, Failure> {
        let (mut entries, mut after) = (Vec::new(), self.after.map(Id::new));
        let mut left = self.limit.unwrap_or(u32::MAX);
        while left > 0 {
            let size = left.min(PAGE_SIZE);
            let page = read(PageRequest { size, after })?;
            let count = u32::try_from(page.len()).unwrap_or(u32::MAX);
            after = page.last().map(&id_of);
            entries.extend(page);
            if count < size {
                break;
            }
            left = left.saturating_sub(count);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use derslik_domain::id::ProjectId;

    use super::*;
    use crate::cli::operator::testing::code_and_text;

    #[test]
    fn a_list_is_whole_unless_a_part_is_asked_for() {
        let listed = |after, limit, count: i64| {
            let read = |page: PageRequest<ProjectId>| {
                let first = page.after.map_or(0, Id::get) + 1;
                Ok((first..=count).take(usize::try_from(page.size).unwrap()).map(ProjectId::new).collect())
            };
            let ids = ListArgs { after, limit }.read(read, |id| *id).map_err(code_and_text).unwrap();
            (ids.len(), ids.first().map(|id| id.get()), ids.last().map(|id| id.get()))
        };
        assert_eq!(listed(None, None, 0), (0, None, None));
        assert_eq!(listed(None, None, 2_500), (2_500, Some(1), Some(2_500)));
        assert_eq!(listed(None, None, 2_000), (2_000, Some(1), Some(2_000)));
        assert_eq!(listed(Some(3), None, 2_500), (2_497, Some(4), Some(2_500)));
        assert_eq!(listed(None, Some(1_500), 2_500), (1_500, Some(1), Some(1_500)));
        assert_eq!(listed(Some(3), Some(2), 2_500), (2, Some(4), Some(5)));
        assert_eq!(listed(None, Some(0), 2_500), (0, None, None));
    }
}
