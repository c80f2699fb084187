//! Reads an archive. Before a row is used, the whole archive is compared with its manifest.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use derslik_storage::snapshot::RowSink;
use sha2::{Digest, Sha256};
use tar::Archive;
use zstd::stream::read::Decoder;

use super::manifest::{FORMAT, FileDigest, MANIFEST, MAX_FILES, MAX_ROW, Manifest, finished, length};
use super::writer::PART_BYTES;

/// The longest manifest.
const MAX_MANIFEST: u64 = 64 << 20;

/// How many times longer than the archive its files may be. Rows take about a tenth of their length, and zeros next to nothing.
const MAX_RATIO: u64 = 1_000;

/// How long the files of a small archive may be in any case.
const MIN_CONTENT: u64 = 1 << 30;

/// What may follow the last file.
const MAX_END: u64 = 1 << 20;

/// How much of a file is in memory at once, unless a row is longer.
const PIECE: usize = 64 << 10;

/// Takes the bytes of a file, for its digest and that of its table.
struct Measured<'t> {
    file: FileDigest,
    table: &'t mut Sha256,
}

impl Write for Measured<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.update(bytes);
        self.table.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where an archive is. Each pass over it begins at its start.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Packed<'a> {
    /// A file.
    File(&'a Path),
    /// Bytes in memory, and how long the files in them may be together.
    Bytes(&'a [u8], u64),
}

impl<'a> From<&'a Path> for Packed<'a> {
    fn from(path: &'a Path) -> Self {
        Self::File(path)
    }
}

impl<'a> From<&'a PathBuf> for Packed<'a> {
    fn from(path: &'a PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Packed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => fmt::Display::fmt(&path.display(), f),
            Self::Bytes(..) => f.write_str("the file"),
        }
    }
}

impl<'a> Packed<'a> {
    /// Its bytes, and how many its files may have together.
    fn open(self) -> anyhow::Result<(Box<dyn Read + 'a>, u64)> {
        match self {
            Self::File(path) => {
                let file = File::open(path).with_context(|| format!("can't open {self}"))?;
                let length = file.metadata().with_context(|| unreadable(self))?.len();
                Ok((Box::new(file), length.saturating_mul(MAX_RATIO).max(MIN_CONTENT)))
            }
            Self::Bytes(bytes, most) => Ok((Box::new(bytes), most)),
        }
    }
}

/// The manifest of an archive whose files are all as the manifest says.
///
/// # Errors
/// If the file can't be read, is not a backup, is damaged, or is of a newer format.
pub(crate) fn check<'a>(packed: impl Into<Packed<'a>>) -> anyhow::Result<Manifest> {
    let path = packed.into();
    let damaged = |what: &str| anyhow!("{path} is damaged: {what}");
    let (mut files, mut tables, mut manifest) = (Vec::new(), Vec::<(String, Sha256)>::new(), None);
    each_file(path, |name, content| {
        if manifest.is_some() {
            return Err(damaged(&format!("{name} follows the manifest")));
        }
        if name == MANIFEST {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).with_context(|| unreadable(path))?;
            manifest = Some(read_manifest(&bytes).with_context(|| path.to_string())?);
            return Ok(());
        }
        let table = name.split('/').nth(1).unwrap_or_default();
        if tables.last().is_none_or(|(last, _)| last != table) {
            tables.push((table.to_owned(), Sha256::new()));
        }
        let (_, table) = tables.last_mut().ok_or_else(|| damaged("a file is of no table"))?;
        let mut measured = Measured { file: FileDigest::default(), table };
        io::copy(content, &mut measured).with_context(|| unreadable(path))?;
        files.push(measured.file.entry(name));
        Ok(())
    })?;
    let manifest = manifest.ok_or_else(|| damaged("its end with the manifest is missing"))?;
    let expected: Vec<_> = manifest.tables.iter().flat_map(|table| &table.files).collect();
    if files.len() != expected.len() {
        return Err(damaged("files are missing, or there are too many"));
    }
    if let Some((file, _)) = files.iter().zip(&expected).find(|(file, expected)| file != *expected) {
        return Err(damaged(&format!("{} is not what was written", file.name)));
    }
    let is_whole = |(name, digest): (String, Sha256)| {
        manifest.tables.iter().any(|table| {
            let rows: u64 = table.files.iter().map(|file| file.rows).sum();
            table.name == name && table.rows == rows && table.sha256 == finished(digest.clone())
        })
    };
    if tables.len() != manifest.tables.len() || !tables.into_iter().all(is_whole) {
        return Err(damaged("its counts do not agree with its files"));
    }
    Ok(manifest)
}

/// Brings the rows of an archive to a sink. Its files must still be those of the manifest.
///
/// # Errors
/// If the file has changed since [`check`], or the sink fails.
pub(crate) fn feed<'a>(packed: impl Into<Packed<'a>>, manifest: &Manifest, sink: &mut dyn RowSink) -> anyhow::Result<()> {
    let path = packed.into();
    let mut expected = manifest.tables.iter().flat_map(|table| table.files.iter().map(move |file| (table.name.as_str(), file)));
    each_file(path, |name, content| {
        if name == MANIFEST {
            return Ok(());
        }
        let changed = || anyhow!("{path} has changed while it was read, in {name}");
        let (table, file) = expected.next().ok_or_else(changed)?;
        let (mut content, mut digest, mut line) = (BufReader::with_capacity(PIECE, content), FileDigest::default(), Vec::new());
        loop {
            line.clear();
            // The longest row and the end of its line, and a byte more to tell a longer one.
            let read = content.by_ref().take(MAX_ROW + 2).read_until(b'\n', &mut line);
            if read.with_context(|| unreadable(path))? == 0 {
                break;
            }
            digest.update(&line);
            let row = line.strip_suffix(b"\n").unwrap_or(&line);
            if length(row.len()) > MAX_ROW {
                bail!("{path} is not a backup: a row in {name} is longer than {MAX_ROW} bytes");
            }
            let row = std::str::from_utf8(row).with_context(|| format!("{path} is not a backup: {name} is not text"))?;
            sink.row(table, row).map_err(anyhow::Error::from_boxed)?;
        }
        // The rows were written by now, but not committed.
        if digest.entry(name) == *file { Ok(()) } else { Err(changed()) }
    })?;
    match expected.next() {
        Some((_, file)) => Err(anyhow!("{path}: {} has gone while it was read", file.name)),
        None => Ok(()),
    }
}

fn read_manifest(bytes: &[u8]) -> anyhow::Result<Manifest> {
    /// The one member that every format has.
    #[derive(serde::Deserialize)]
    struct Any {
        format: u32,
    }
    let Any { format } = serde_json::from_slice(bytes).context("the manifest can't be read")?;
    if format != FORMAT {
        bail!("the backup has the format {format}, and this version of the program knows {FORMAT}: use a newer version");
    }
    serde_json::from_slice(bytes).context("the manifest can't be read")
}

fn unreadable(path: Packed<'_>) -> String {
    format!("{path} is not a backup, or is damaged")
}

/// Reads the files of an archive one after another, to its very end, so that a part that is missing there is found too. The memory that
/// it needs does not grow with the archive, whatever that is.
fn each_file(shown: Packed<'_>, mut take: impl FnMut(&str, &mut dyn Read) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (file, most) = shown.open()?;
    let unreadable = || unreadable(shown);
    let longest_part = length(PART_BYTES) + MAX_ROW + 1;
    let (mut files, mut total) = (0, 0_u64);
    let mut archive = Archive::new(Decoder::new(file).with_context(unreadable)?);
    // Raw, since a name or an extension of any length would be read into memory otherwise. A backup has none.
    for entry in archive.entries().with_context(unreadable)?.raw(true) {
        let mut entry = entry.with_context(unreadable)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let longest = if name == MANIFEST { MAX_MANIFEST } else { longest_part };
        if !entry.header().entry_type().is_file() || entry.size() > longest {
            bail!("{shown} is not a backup: {name:?} is not a file of one");
        }
        files += 1;
        total = total.saturating_add(entry.size());
        if files > MAX_FILES || total > most {
            bail!("{shown} is not a backup: it has more than {MAX_FILES} files, or they have more than {most} bytes");
        }
        take(&name, &mut entry)?;
    }
    let mut end = archive.into_inner().take(MAX_END + 1);
    if io::copy(&mut end, &mut io::sink()).with_context(unreadable)? > MAX_END {
        bail!("{shown} is damaged: its end is not that of a backup");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use derslik_domain::time::Timestamp;
    use derslik_storage::snapshot::{DatabaseKind, SinkError, Snapshot};

    use super::*;
    use crate::backup::digests::TableDigests;
    use crate::backup::writer::ArchiveWriter;

    const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn snapshot() -> Snapshot {
        let columns = BTreeMap::from([("accounts".to_owned(), vec!["id".to_owned()])]);
        Snapshot { database: DatabaseKind::Sqlite, schema: "1".to_owned(), columns, counters: BTreeMap::new() }
    }

    /// An archive of some accounts, and of sessions that fill more than one part.
    fn archive() -> Vec<u8> {
        let mut writer = ArchiveWriter::new(Vec::new(), AT).unwrap();
        each_row(&mut writer).unwrap();
        writer.finish(snapshot(), "some".to_owned(), AT).unwrap().1
    }

    fn each_row(sink: &mut dyn RowSink) -> Result<(), SinkError> {
        for id in 0..3 {
            sink.row("accounts", &format!("{{\"id\":{id}}}"))?;
        }
        let long = "x".repeat(1 << 20);
        (0..10).try_for_each(|id| sink.row("sessions", &format!("{{\"guid\":{id},\"name\":\"{long}\"}}")))
    }

    fn kept(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.tar.zst");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn refusal(bytes: &[u8]) -> String {
        let (_folder, path) = kept(bytes);
        format!("{:#}", check(&path).unwrap_err())
    }

    /// The files of an archive, changed and put together again.
    fn changed(change: impl Fn(&str, &mut Vec<u8>) -> bool) -> Vec<u8> {
        let (_folder, path) = kept(&archive());
        let mut tar = tar::Builder::new(zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap());
        each_file(Packed::from(&path), |name, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            if change(name, &mut bytes) {
                let mut header = tar::Header::new_gnu();
                header.set_size(bytes.len().try_into()?);
                tar.append_data(&mut header, name, bytes.as_slice())?;
            }
            Ok(())
        })
        .unwrap();
        tar.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn rows_come_back_in_their_order() {
        let (_folder, path) = kept(&archive());
        let manifest = check(&path).unwrap();
        let sizes: Vec<_> = manifest.tables.iter().map(|table| (table.name.as_str(), table.rows, table.files.len())).collect();
        assert_eq!(sizes, [("accounts", 3, 1), ("sessions", 10, 2)]);
        assert_eq!((manifest.rows(), manifest.taken_at.as_str()), (13, "2023-11-14T22:13:20+00:00"));
        let mut digests = TableDigests::default();
        feed(&path, &manifest, &mut digests).unwrap();
        assert_eq!(digests.differences(&manifest), [""; 0]);
    }

    #[test]
    fn rows_that_are_other_ones_are_told_by_the_names_of_their_tables() {
        let (_folder, path) = kept(&archive());
        let manifest = check(&path).unwrap();
        let mut digests = TableDigests::default();
        each_row(&mut digests).unwrap();
        digests.row("sessions", "{}").unwrap();
        digests.row("jobs", "{}").unwrap();
        assert_eq!(digests.differences(&manifest), ["sessions", "jobs"]);
        assert_eq!(TableDigests::default().differences(&manifest), ["accounts", "sessions"]);
    }

    #[test]
    fn an_archive_that_was_cut_off_anywhere_is_refused() {
        let whole = archive();
        for length in [0, 3, 100, whole.len() / 2, whole.len() - 1] {
            assert!(refusal(&whole[..length]).contains("damaged"), "{length}");
        }
    }

    #[test]
    fn a_changed_byte_is_found_anywhere() {
        let whole = archive();
        for place in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            assert!(refusal(&bytes).contains("damaged"), "{place}");
        }
    }

    #[test]
    fn files_that_are_not_those_of_the_manifest_are_refused() {
        assert!(refusal(b"PK\x03\x04 and so on").contains("not a backup"));
        let other_row = changed(|name, bytes| {
            if name.starts_with("tables/accounts") {
                bytes[6] = b'7';
            }
            true
        });
        assert!(refusal(&other_row).contains("tables/accounts/000001.jsonl is not what was written"), "{}", refusal(&other_row));
        assert!(refusal(&changed(|name, _| name != "tables/sessions/000002.jsonl")).contains("files are missing"));
        assert!(refusal(&changed(|name, _| name != MANIFEST)).contains("the manifest is missing"));
        let other_count = changed(|name, bytes| {
            if name == MANIFEST {
                *bytes = String::from_utf8(bytes.clone()).unwrap().replacen("\"rows\": 3", "\"rows\": 4", 1).into_bytes();
            }
            true
        });
        assert!(refusal(&other_count).contains("counts do not agree"), "{}", refusal(&other_count));
    }

    /// An archive that begins with an entry of that kind and length, and ends within it.
    fn beginning_with(kind: tar::EntryType, size: u64) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_path("tables/accounts/000001.jsonl").unwrap();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        let mut bytes = header.as_bytes().to_vec();
        bytes.resize(bytes.len() + (1 << 20), b'x');
        zstd::encode_all(bytes.as_slice(), 1).unwrap()
    }

    #[test]
    fn an_entry_that_no_backup_has_is_refused_before_it_is_read() {
        use tar::EntryType;
        let kinds = [
            (EntryType::GNULongName, 6 << 30),
            (EntryType::GNULongLink, 1 << 20),
            (EntryType::XHeader, 1 << 20),
            (EntryType::XGlobalHeader, 1 << 20),
            (EntryType::GNUSparse, 1 << 20),
            (EntryType::Symlink, 0),
            (EntryType::Regular, 1 << 30),
        ];
        for (kind, size) in kinds {
            let said = refusal(&beginning_with(kind, size));
            assert!(said.contains("000001.jsonl\" is not a file of one"), "{kind:?}: {said}");
        }
    }

    #[test]
    fn a_row_that_is_too_long_is_refused() {
        let (_folder, path) = kept(&archive());
        let manifest = check(&path).unwrap();
        let (_folder, path) = kept(&changed(|name, bytes| {
            if name.starts_with("tables/accounts") {
                *bytes = vec![b'x'; usize::try_from(MAX_ROW).unwrap() + 1];
            }
            true
        }));
        let refused = feed(&path, &manifest, &mut TableDigests::default()).unwrap_err();
        assert!(refused.to_string().contains("a row in tables/accounts/000001.jsonl is longer than"), "{refused}");
    }

    #[test]
    fn zeros_behind_the_end_are_refused() {
        let (_folder, path) = kept(&archive());
        let mut bytes = zstd::decode_all(File::open(&path).unwrap()).unwrap();
        bytes.resize(bytes.len() + (2 << 20), 0);
        assert!(refusal(&zstd::encode_all(bytes.as_slice(), 1).unwrap()).contains("damaged"));
    }

    #[test]
    fn an_archive_in_memory_is_read_as_one_in_a_file_and_its_content_is_limited() {
        let whole = archive();
        let manifest = check(Packed::Bytes(&whole, 1 << 30)).unwrap();
        let mut digests = TableDigests::default();
        feed(Packed::Bytes(&whole, 1 << 30), &manifest, &mut digests).unwrap();
        assert_eq!(digests.differences(&manifest), [""; 0]);
        let refused = check(Packed::Bytes(&whole, 1 << 20)).unwrap_err().to_string();
        assert!(refused.starts_with("the file is not a backup: it has more than"), "{refused}");
    }

    #[test]
    fn a_newer_format_is_refused_as_such() {
        let newer = changed(|name, bytes| {
            if name == MANIFEST {
                *bytes = br#"{"format": 2, "rows": "elsewhere"}"#.to_vec();
            }
            true
        });
        assert!(refusal(&newer).contains("has the format 2"), "{}", refusal(&newer));
    }
}
