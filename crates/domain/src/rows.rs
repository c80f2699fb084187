//! Counts of rows, and the size of the batches in which background work goes through them.

/// A number of rows that background work erased or otherwise processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RowCount(u64);

impl RowCount {
    /// Zero rows.
    pub const ZERO: Self = Self(0);

    /// A count of `rows` rows.
    pub const fn new(rows: u64) -> Self {
        Self(rows)
    }

    /// The count.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The sum of both.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

/// The most rows that one transaction of background work processes: 1 to 10 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchSize(u16);

/// The number is not a batch size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("not between 1 and {} rows", BatchSize::LARGEST.get())]
pub struct BatchSizeError;

impl BatchSize {
    /// The size of a batch if the operator sets no other.
    pub const DEFAULT: Self = Self(1_000);
    /// The largest batch.
    pub const LARGEST: Self = Self(10_000);

    /// A batch of `rows` rows.
    ///
    /// # Errors
    /// [`BatchSizeError`] outside 1 to 10 000.
    pub fn new(rows: u16) -> Result<Self, BatchSizeError> {
        if (1..=Self::LARGEST.0).contains(&rows) { Ok(Self(rows)) } else { Err(BatchSizeError) }
    }

    /// The number of rows.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether `rows` fill a batch of this size, so that there may be more.
    pub fn is_filled_by(self, rows: RowCount) -> bool {
        rows.0 >= u64::from(self.0)
    }
}

impl Default for BatchSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_1_to_10_000_rows() {
        for (rows, fits) in [(0, false), (1, true), (1_000, true), (10_000, true), (10_001, false)] {
            assert_eq!(BatchSize::new(rows).is_ok(), fits, "{rows}");
        }
        assert_eq!(BatchSizeError.to_string(), "not between 1 and 10000 rows");
    }
}
