//! Writes rows into an archive. It holds one part of one table in memory, since the header of a file in a `tar` names its length.

use std::io::{self, Write};

use derslik_domain::clock::VirtualClock;
use derslik_domain::time::Timestamp;
use derslik_storage::snapshot::{RowSink, SinkError, Snapshot};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};
use zstd::stream::write::Encoder;

use super::manifest::{FORMAT, FileEntry, MANIFEST, MAX_FILES, MAX_ROW, Manifest, StoppedOrAhead, TableEntry, finished, length};
use super::{PROGRAM, written};

/// How much of a table a file has, at least.
pub(super) const PART_BYTES: usize = 8 << 20;

/// The level of compression: half the size of level 1, at most of its speed.
const LEVEL: i32 = 3;

/// An archive that is being written.
pub(crate) struct ArchiveWriter<W: Write> {
    tar: Builder<Encoder<'static, W>>,
    /// The seconds since 1970 that each file gets.
    modified: u64,
    /// How many files it has.
    files: u64,
    table: Option<OpenTable>,
    tables: Vec<TableEntry>,
    drawn: Option<u64>,
    clock: Option<StoppedOrAhead>,
}

/// The table whose rows are being written.
struct OpenTable {
    name: String,
    digest: Sha256,
    rows: u64,
    files: Vec<FileEntry>,
    part: Vec<u8>,
}

impl<W: Write> ArchiveWriter<W> {
    /// An archive whose files are of that instant.
    pub(crate) fn new(out: W, at: Timestamp) -> io::Result<Self> {
        let mut encoder = Encoder::new(out, LEVEL)?;
        encoder.include_checksum(true)?;
        let modified = u64::try_from(at.micros() / 1_000_000).unwrap_or_default();
        Ok(Self { tar: Builder::new(encoder), modified, files: 0, table: None, tables: Vec::new(), drawn: None, clock: None })
    }

    /// Notes how many ids the account of a test had drawn.
    pub(crate) fn note_drawn(&mut self, drawn: u64) {
        self.drawn = Some(drawn);
    }

    /// Notes the clock of the account of a test.
    pub(crate) fn note_clock(&mut self, clock: Option<VirtualClock>) {
        self.clock = clock.map(StoppedOrAhead::from);
    }

    /// Writes the manifest and the end of the archive.
    pub(crate) fn finish(mut self, snapshot: Snapshot, installation: String, at: Timestamp) -> io::Result<(Manifest, W)> {
        self.close_table()?;
        let manifest = Manifest {
            format: FORMAT,
            program: PROGRAM.to_owned(),
            taken_at: written(at),
            installation,
            snapshot,
            tables: std::mem::take(&mut self.tables),
            drawn: self.drawn,
            clock: self.clock,
        };
        let text = serde_json::to_vec_pretty(&manifest)?;
        self.append(MANIFEST, &text)?;
        let out = self.tar.into_inner()?.finish()?;
        Ok((manifest, out))
    }

    fn close_table(&mut self) -> io::Result<()> {
        let Some(mut table) = self.table.take() else { return Ok(()) };
        self.write_part(&mut table)?;
        let OpenTable { name, digest, rows, files, part: _ } = table;
        self.tables.push(TableEntry { name, rows, sha256: finished(digest), files });
        Ok(())
    }

    fn write_part(&mut self, table: &mut OpenTable) -> io::Result<()> {
        if table.part.is_empty() {
            return Ok(());
        }
        let name = format!("tables/{}/{:06}.jsonl", table.name, table.files.len() + 1);
        self.append(&name, &table.part)?;
        let entry = FileEntry::of(&name, &table.part);
        table.rows += entry.rows;
        table.files.push(entry);
        table.digest.update(&table.part);
        table.part.clear();
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(io::Error::other(format!("a backup has {MAX_FILES} files at the most")));
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(length(bytes.len()));
        header.set_mode(0o600);
        header.set_mtime(self.modified);
        self.tar.append_data(&mut header, name, bytes)
    }
}

impl<W: Write + Send> RowSink for ArchiveWriter<W> {
    fn row(&mut self, table: &str, row: &str) -> Result<(), SinkError> {
        if length(row.len()) > MAX_ROW {
            return Err(format!("a row of the table {table} is longer than {MAX_ROW} bytes").into());
        }
        if self.table.as_ref().is_none_or(|open| open.name != table) {
            self.close_table()?;
        }
        let mut open = self.table.take().unwrap_or_else(|| OpenTable::new(table));
        open.part.extend_from_slice(row.as_bytes());
        open.part.push(b'\n');
        if open.part.len() >= PART_BYTES {
            self.write_part(&mut open)?;
        }
        self.table = Some(open);
        Ok(())
    }
}

impl OpenTable {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), digest: Sha256::new(), rows: 0, files: Vec::new(), part: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_no_reader_takes_is_not_written() {
        let mut writer = ArchiveWriter::new(Vec::new(), Timestamp::from_micros(0)).unwrap();
        let longest = "x".repeat(MAX_ROW.try_into().unwrap());
        writer.row("sessions", &longest).unwrap();
        let refused = writer.row("sessions", &(longest + "x")).unwrap_err();
        assert!(refused.to_string().contains("a row of the table sessions is longer than"), "{refused}");
    }
}
