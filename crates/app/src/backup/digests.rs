//! The digest of each table, from the rows of a database.

use derslik_storage::snapshot::{RowSink, SinkError};
use sha2::{Digest, Sha256};

use super::manifest::{Manifest, finished};

/// The digests and the numbers of rows of tables, in the order in which the tables came.
#[derive(Default)]
pub(crate) struct TableDigests(Vec<(String, u64, Sha256)>);

impl RowSink for TableDigests {
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError> {
        if self.0.last().is_none_or(|(last, ..)| last != table) {
            self.0.push((table.to_owned(), 0, Sha256::new()));
        }
        if let Some((_, rows, digest)) = self.0.last_mut() {
            *rows += 1;
            digest.update(row.as_bytes());
            digest.update(b"\n");
        }
        Ok(())
    }
}

impl TableDigests {
    /// The tables whose rows are not those of the manifest.
    pub(crate) fn differences(self, manifest: &Manifest) -> Vec<String> {
        let mut expected: Vec<_> = manifest.tables.iter().collect();
        let mut different = Vec::new();
        for (name, rows, digest) in self.0 {
            let sha256 = finished(digest);
            match expected.iter().position(|table| table.name == name) {
                Some(place) => {
                    let table = expected.remove(place);
                    if (table.rows, &table.sha256) != (rows, &sha256) {
                        different.push(name);
                    }
                }
                None => different.push(name),
            }
        }
        different.extend(expected.into_iter().map(|table| table.name.clone()));
        different
    }
}
