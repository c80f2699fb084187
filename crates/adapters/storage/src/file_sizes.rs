//! The sizes of the files of an SQLite database. They are read from the file system, without a connection.

use std::path::Path;

use crate::db::url::DatabaseUrl;

/// The sizes of the files of an SQLite database, in bytes. A file that is missing has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSizes {
    /// The database itself.
    pub database: u64,
    /// The write-ahead log.
    pub log: u64,
}

impl DatabaseUrl {
    /// The sizes of the files; `None` for PostgreSQL.
    pub fn file_sizes(&self) -> Option<FileSizes> {
        match self {
            Self::Postgres(_) => None,
            Self::Sqlite(path) => Some(FileSizes { database: bytes_of(path), log: log_bytes(path) }),
        }
    }
}

/// The size of the write-ahead log beside a file.
pub(crate) fn log_bytes(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    bytes_of(Path::new(&log))
}

fn bytes_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_measured_beside_its_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.sqlite");
        let url = DatabaseUrl::Sqlite(path.clone());
        assert_eq!(url.file_sizes(), Some(FileSizes { database: 0, log: 0 }));
        std::fs::write(&path, [0_u8; 8_192]).unwrap();
        std::fs::write(folder.path().join("test.sqlite-wal"), [0_u8; 32]).unwrap();
        assert_eq!(url.file_sizes(), Some(FileSizes { database: 8_192, log: 32 }));
        assert_eq!(DatabaseUrl::Postgres("postgres://u@h/d".to_owned()).file_sizes(), None);
    }
}
