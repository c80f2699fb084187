//! Pages of lists, and the requests for them. How a list is stored is decided elsewhere.

/// A numbered page, or the rest of one. `size` counts entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OffsetPage {
    offset: u64,
    size: u32,
}

impl Default for OffsetPage {
    /// The first page of the usual size.
    fn default() -> Self {
        Self { offset: 0, size: Self::DEFAULT_SIZE }
    }
}

/// Why a page was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
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

    /// The page of at most `size` entries after the first `offset` of the list.
    ///
    /// # Errors
    /// [`PageError::TooLarge`] for a size above [`OffsetPage::MAX_SIZE`].
    pub const fn at(offset: u64, size: u32) -> Result<Self, PageError> {
        if size > Self::MAX_SIZE { Err(PageError::TooLarge) } else { Ok(Self { offset, size }) }
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

/// The request for one page of a list: how many entries, and after which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PageRequest<Key> {
    /// The most entries. A list of long texts may give fewer, and then says that there are more.
    pub size: u32,
    /// The last entry of the page before; `None` for the first page.
    pub after: Option<Key>,
}

/// The size of a page is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("a negative page size")]
pub struct NegativePageSize;

impl<Key> PageRequest<Key> {
    /// The size of a page if the client gives none.
    pub const DEFAULT_SIZE: u32 = 100;
    /// The largest page that a client gets.
    pub const MAX_SIZE: u32 = 1_000;

    /// The request of a client. Zero means "not given", as `None` does; a size above [`PageRequest::MAX_SIZE`] is cut to it.
    ///
    /// # Errors
    /// [`NegativePageSize`].
    pub fn new(size: Option<i64>, after: Option<Key>) -> Result<Self, NegativePageSize> {
        let size = match size {
            None | Some(0) => Self::DEFAULT_SIZE,
            Some(size) if size < 0 => return Err(NegativePageSize),
            Some(size) => u32::try_from(size).unwrap_or(Self::MAX_SIZE).min(Self::MAX_SIZE),
        };
        Ok(Self { size, after })
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Whether the list has entries after the last of them.
    pub more: bool,
}

impl<T> Page<T> {
    /// The page of the first `size` entries. Further entries only show that the list goes on.
    pub fn first(mut entries: Vec<T>, size: u32) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = entries.len() > size;
        entries.truncate(size);
        Self { entries, more }
    }

    /// The page with each entry converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { entries: self.entries.into_iter().map(convert).collect(), more: self.more }
    }
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
    fn refuses_an_impossible_page(#[case] number: Option<i64>, #[case] size: Option<i64>, #[case] error: PageError) {
        assert_eq!(OffsetPage::new(number, size), Err(error));
    }

    #[rstest]
    #[case(None, 100)]
    #[case(Some(0), 100)]
    #[case(Some(1), 1)]
    #[case(Some(1_000), 1_000)]
    #[case(Some(1_001), 1_000)]
    #[case(Some(i64::MAX), 1_000)]
    fn cuts_the_size_of_a_request(#[case] size: Option<i64>, #[case] expected: u32) {
        assert_eq!(PageRequest::new(size, Some(7)), Ok(PageRequest { size: expected, after: Some(7) }));
    }

    #[test]
    fn refuses_a_negative_size() {
        assert_eq!(PageRequest::<u8>::new(Some(-1), None), Err(NegativePageSize));
    }

    #[test]
    fn a_page_holds_the_first_entries_and_tells_whether_there_are_more() {
        for (entries, expected, more) in [(vec![], vec![], false), (vec![1, 2], vec![1, 2], false), (vec![1, 2, 3], vec![1, 2], true)] {
            assert_eq!(Page::first(entries, 2), Page { entries: expected, more });
        }
        assert_eq!(Page { entries: vec![1, 2], more: true }.map(|entry| entry * 10), Page { entries: vec![10, 20], more: true });
    }
}
