//! Tells in the log how far a backup or a restore has come.

use derslik_storage::snapshot::{RowSink, SinkError};

/// After how many rows of a table the log has a line.
const EVERY: u64 = 100_000;

/// Passes rows on, and counts them.
pub(crate) struct Progress<'s> {
    sink: &'s mut dyn RowSink,
    table: String,
    rows: u64,
}

impl<'s> Progress<'s> {
    /// Passes rows on to that sink.
    pub(crate) fn of(sink: &'s mut dyn RowSink) -> Self {
        Self { sink, table: String::new(), rows: 0 }
    }

    /// Tells of the last table.
    pub(crate) fn finish(&self) {
        if self.rows > 0 {
            tracing::info!(table = self.table, rows = self.rows, "done with a table");
        }
    }
}

impl RowSink for Progress<'_> {
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError> {
        if self.table != table {
            self.finish();
            (self.table, self.rows) = (table.to_owned(), 0);
        }
        self.sink.row(table, row)?;
        self.rows += 1;
        if self.rows.is_multiple_of(EVERY) {
            tracing::info!(table = self.table, rows = self.rows, "on the way");
        }
        Ok(())
    }
}
