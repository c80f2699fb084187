//! The page of a list that a request asks for. How a list is stored is decided elsewhere.

/// A numbered page, or the rest of one. `size` counts entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetPage {
    offset: u64,
    size: u32,
}

/// Why a page was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The number or the size is negative, or beyond what can be counted.
    #[error("a page number or size out of range")]
    OutOfRange,
    /// The size is above [`OffsetPage::MAX_SIZE`].
    #[error("a page size above {}", OffsetPage::MAX_SIZE)]
    TooLarge,
}

impl OffsetPage {
    /// The size of a page if the client gives none.
    pub const DEFAULT_SIZE: u32 = 100;
    /// The largest page.
    pub const MAX_SIZE: u32 = 1_000;

    /// A page by its number (from 1) and its size. Zero means "not given" for either, as `None` does. The defaults are the
    /// first page and [`OffsetPage::DEFAULT_SIZE`].
    ///
    /// # Errors
    /// [`PageError`] for a negative value and for a size above [`OffsetPage::MAX_SIZE`].
    pub fn new(number: Option<i64>, size: Option<i64>) -> Result<Self, PageError> {
        let number = match number {
            None | Some(0) => 1,
            Some(number) => u32::try_from(number).map_err(|_| PageError::OutOfRange)?,
        };
        let size = match size {
            None | Some(0) => Self::DEFAULT_SIZE,
            Some(size) if size > i64::from(Self::MAX_SIZE) => return Err(PageError::TooLarge),
            Some(size) => u32::try_from(size).map_err(|_| PageError::OutOfRange)?,
        };
        Ok(Self { offset: u64::from(number - 1) * u64::from(size), size })
    }

    /// The rest of the page after its first `entries`.
    #[must_use]
    pub fn after(self, entries: u32) -> Self {
        Self { offset: self.offset.saturating_add(entries.into()), size: self.size.saturating_sub(entries) }
    }

    /// The number of entries before this page.
    pub const fn offset(self) -> u64 {
        self.offset
    }

    /// The most entries that the page holds.
    pub const fn size(self) -> u32 {
        self.size
    }
}

/// The request for one page of a list that has a key order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<Key> {
    /// The most entries.
    pub size: u32,
    /// The last entry of the page before; `None` for the first page.
    pub after: Option<Key>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Whether the list has entries after the last of them.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(None, None, 0, 100)]
    #[case(Some(0), Some(0), 0, 100)]
    #[case(Some(1), Some(1_000), 0, 1_000)]
    #[case(Some(3), Some(20), 40, 20)]
    fn counts_pages_from_one(#[case] number: Option<i64>, #[case] size: Option<i64>, #[case] offset: u64, #[case] entries: u32) {
        let page = OffsetPage::new(number, size).unwrap();
        assert_eq!((page.offset(), page.size()), (offset, entries));
    }

    #[test]
    fn what_is_left_of_a_page_ends_where_the_page_does() {
        let page = OffsetPage::new(Some(3), Some(20)).unwrap();
        for (taken, offset, size) in [(0, 40, 20), (7, 47, 13), (20, 60, 0), (21, 61, 0)] {
            assert_eq!((page.after(taken).offset(), page.after(taken).size()), (offset, size));
        }
    }

    #[rstest]
    #[case(Some(-1), None, PageError::OutOfRange)]
    #[case(Some(i64::MAX), None, PageError::OutOfRange)]
    #[case(None, Some(-1), PageError::OutOfRange)]
    #[case(None, Some(1_001), PageError::TooLarge)]
    fn refuses_what_is_no_page(#[case] number: Option<i64>, #[case] size: Option<i64>, #[case] error: PageError) {
        assert_eq!(OffsetPage::new(number, size), Err(error));
    }
}
