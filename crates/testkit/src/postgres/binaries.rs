//! Finds the server programs of PostgreSQL. This module must not start them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{PostgresError, variable};

const DEBIAN: &str = "/usr/lib/postgresql";
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// A folder that holds every program a cluster needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
}

/// The places to search, as the environment names them.
#[derive(Debug, Default)]
struct Places {
    chosen: Option<String>,
    versions: PathBuf,
    path: Option<String>,
    fallback: Option<String>,
}

impl Binaries {
    /// Finds the programs.
    ///
    /// # Errors
    ///
    /// [`PostgresError::NotInstalled`].
    pub(super) fn find() -> Result<Self, PostgresError> {
        let places = Places {
            chosen: variable("PG_BIN"),
            versions: PathBuf::from(DEBIAN),
            path: variable("PATH"),
            fallback: variable("TEST_PG_BIN"),
        };
        places.search()
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(super) fn pg_ctl(&self) -> PathBuf {
        self.folder.join("pg_ctl")
    }
}

impl Places {
    fn search(&self) -> Result<Binaries, PostgresError> {
        // An explicitly chosen folder is used or reported as an error, never skipped.
        let candidates = match &self.chosen {
            Some(chosen) => vec![PathBuf::from(chosen)],
            None => self.candidates(),
        };
        match candidates.iter().find(|folder| is_complete(folder)) {
            Some(folder) => Ok(Binaries { folder: folder.clone() }),
            None => Err(PostgresError::NotInstalled { searched: self.names() }),
        }
    }

    fn candidates(&self) -> Vec<PathBuf> {
        let mut candidates = newest_first(&self.versions);
        candidates.extend(self.path.iter().flat_map(std::env::split_paths));
        candidates.extend(self.fallback.iter().map(PathBuf::from));
        candidates
    }

    fn names(&self) -> String {
        match &self.chosen {
            Some(chosen) => format!("PG_BIN, which is {chosen}"),
            None => format!("{}/*/bin, PATH, TEST_PG_BIN", self.versions.display()),
        }
    }
}

fn newest_first(versions: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(versions) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn is_complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn install(root: &TempDir, folder: &str) -> PathBuf {
        let folder = root.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for program in PROGRAMS {
            fs::write(folder.join(program), "").unwrap();
        }
        folder
    }

    fn text(path: &Path) -> String {
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn prefers_the_newest_installed_version_by_number() {
        let root = TempDir::new().unwrap();
        install(&root, "versions/9/bin");
        let newest = install(&root, "versions/17/bin");
        fs::create_dir_all(root.path().join("versions/18/bin")).unwrap();
        let fallback = install(&root, "fallback");

        let places = Places { versions: root.path().join("versions"), fallback: Some(text(&fallback)), ..Places::default() };

        assert_eq!(places.search().unwrap().folder, newest);
    }

    #[test]
    fn falls_back_from_the_path_to_the_tools() {
        let root = TempDir::new().unwrap();
        let fallback = install(&root, "fallback");
        let places = Places { path: Some(text(&root.path().join("empty"))), fallback: Some(text(&fallback)), ..Places::default() };
        assert_eq!(places.search().unwrap().folder, fallback);

        let on_path = install(&root, "on_path");
        let places = Places { path: Some(text(&on_path)), fallback: Some(text(&fallback)), ..Places::default() };
        assert_eq!(places.search().unwrap().folder, on_path);
    }

    #[test]
    fn reports_a_chosen_folder_without_the_programs() {
        let root = TempDir::new().unwrap();
        let fallback = install(&root, "fallback");
        let places = Places { chosen: Some(text(root.path())), fallback: Some(text(&fallback)), ..Places::default() };

        let error = places.search().unwrap_err().to_string();

        assert!(error.contains("PG_BIN, which is"), "{error}");
        assert!(error.contains("apt-get install postgresql"), "{error}");
    }
}
