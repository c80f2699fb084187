//! The manifest: what a backup holds, and how it is told from a damaged one.

use derslik_domain::clock::VirtualClock;
use derslik_domain::text::hex;
use derslik_domain::time::Timestamp;
use derslik_storage::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The format of the archive. A program refuses a backup with another one.
pub(crate) const FORMAT: u32 = 1;

/// The name of the manifest in the archive. It is the last file.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The longest row, in bytes.
pub(crate) const MAX_ROW: u64 = 64 << 20;

/// The most files of an archive, the manifest included. All parts of tables would have 2 TiB.
pub(crate) const MAX_FILES: u64 = 1 << 18;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The format of the archive.
    pub(crate) format: u32,
    /// The version of the program that made it.
    pub(crate) program: String,
    /// The instant before its snapshot was taken, as RFC 3339.
    pub(crate) taken_at: String,
    /// The name of the installation, which says nothing about it.
    pub(crate) installation: String,
    /// What has to be known of the rows.
    pub(crate) snapshot: Snapshot,
    /// The tables in their order. A table without rows is left out.
    pub(crate) tables: Vec<TableEntry>,
    /// How many ids by a seed its account had drawn. Only the snapshot of a test has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drawn: Option<u64>,
    /// The clock of its account, if it had one of its own. Only the snapshot of a test has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clock: Option<StoppedOrAhead>,
}

/// The clock of the account of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoppedOrAhead {
    /// It stands still at that instant, in microseconds since 1970.
    StoppedAtMicros(i64),
    /// It runs ahead of the machine, by this number of microseconds.
    AheadMicros(i64),
}

impl From<VirtualClock> for StoppedOrAhead {
    fn from(clock: VirtualClock) -> Self {
        match clock {
            VirtualClock::Frozen(at) => Self::StoppedAtMicros(at.micros()),
            VirtualClock::Running { ahead_micros } => Self::AheadMicros(ahead_micros),
        }
    }
}

impl From<StoppedOrAhead> for VirtualClock {
    fn from(clock: StoppedOrAhead) -> Self {
        match clock {
            // A file from elsewhere may have an instant that nothing can show.
            StoppedOrAhead::StoppedAtMicros(micros) => Self::Frozen(Timestamp::from_micros(micros).clamp(Timestamp::MIN, Timestamp::MAX)),
            StoppedOrAhead::AheadMicros(ahead_micros) => Self::Running { ahead_micros },
        }
    }
}

/// A table in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableEntry {
    /// Its name.
    pub(crate) name: String,
    /// How many rows it has.
    pub(crate) rows: u64,
    /// The SHA-256 of all its lines. The same rows have the same one, whichever database they are from.
    pub(crate) sha256: String,
    /// Its files.
    pub(crate) files: Vec<FileEntry>,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileEntry {
    /// Its path in the archive.
    pub(crate) name: String,
    /// How many lines it has.
    pub(crate) rows: u64,
    /// How many bytes it has.
    pub(crate) bytes: u64,
    /// The SHA-256 of its bytes.
    pub(crate) sha256: String,
}

impl Manifest {
    /// The number of rows of all tables.
    pub(crate) fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

impl FileEntry {
    /// The entry of a file of lines.
    pub(crate) fn of(name: &str, bytes: &[u8]) -> Self {
        let mut file = FileDigest::default();
        file.update(bytes);
        file.entry(name)
    }
}

/// The counts and the digest of a file whose bytes come in pieces.
#[derive(Default)]
pub(crate) struct FileDigest {
    rows: u64,
    bytes: u64,
    digest: Sha256,
}

impl FileDigest {
    /// Takes the next piece.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.rows += length(bytes.iter().filter(|byte| matches!(byte, b'\n')).count());
        self.bytes += length(bytes.len());
        self.digest.update(bytes);
    }

    /// The entry of the file once all pieces have come.
    pub(crate) fn entry(self, name: &str) -> FileEntry {
        FileEntry { name: name.to_owned(), rows: self.rows, bytes: self.bytes, sha256: finished(self.digest) }
    }
}

/// A length as the manifest has it.
pub(crate) fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A digest in hexadecimal digits.
pub(crate) fn finished(digest: Sha256) -> String {
    let digest: [u8; 32] = digest.finalize().into();
    hex(&digest)
}
