//! The password that a command is given. It comes from a file or from standard input. An argument would show it to every user of
//! the machine, and to the history of the shell.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use derslik_domain::identity::Password;

use super::Failure;

/// The maximum size of the file, in bytes.
const MAX_BYTES: u64 = 1_024;

#[derive(Debug, Args)]
pub(super) struct PasswordArgs {
    /// A file that holds the password and nothing else, or - for standard input [default: a random password, printed once].
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password, or `None` for a random one.
    pub(super) fn read(&self) -> Result<Option<Password>, Failure> {
        let Some(path) = &self.password_file else { return Ok(None) };
        let password = read_file(path).and_then(parse).with_context(|| format!("--password-file {}", path.display()));
        password.map(Some).map_err(Failure::Usage)
    }
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let source: Box<dyn Read> = if path == Path::new("-") { Box::new(std::io::stdin()) } else { Box::new(File::open(path)?) };
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The password in the content of a file, without the line break at its end.
fn parse(mut bytes: Vec<u8>) -> anyhow::Result<Password> {
    let is_short = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_BYTES);
    anyhow::ensure!(is_short, "more than {MAX_BYTES} bytes: it must hold the password and nothing else");
    for end in [b'\n', b'\r'] {
        bytes.pop_if(|last| *last == end);
    }
    anyhow::ensure!(!bytes.contains(&b'\n'), "more than one line: it must hold the password and nothing else");
    Password::new(bytes).map_err(|error| anyhow::anyhow!("the password is {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::operator::testing::code_and_text;

    #[test]
    fn a_password_is_the_only_line_of_its_file() {
        for content in ["gizli parola", "gizli parola\n", "gizli parola\r\n"] {
            assert_eq!(parse(content.as_bytes().to_vec()).unwrap().reveal(), "gizli parola");
        }
        let (huge, long) = ("x".repeat(1_025), "x".repeat(201));
        for (content, says) in [
            ("", "empty"),
            ("\n", "empty"),
            ("one\ntwo\n", "more than one line"),
            (huge.as_str(), "more than 1024 bytes"),
            (long.as_str(), "longer than 200 characters"),
        ] {
            let error = parse(content.as_bytes().to_vec()).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("xx"), "{error}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_a_wrong_argument_and_no_file_means_a_random_password() {
        assert!(PasswordArgs { password_file: None }.read().map_err(code_and_text).unwrap().is_none());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let (code, text) = PasswordArgs { password_file: Some(file.clone()) }.read().map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("--password-file") && text.contains("password: "), "{code}: {text}");
        std::fs::write(&file, "gizli\n").unwrap();
        let read = PasswordArgs { password_file: Some(file) }.read().map_err(code_and_text).unwrap();
        assert_eq!(read.map(|password| password.reveal().to_owned()).as_deref(), Some("gizli"));
    }
}
