//! The scripts that `derslik completions` prints for shells.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output};

use derslik::cli::command_tree;
use tempfile::NamedTempFile;

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// What the command prints, where no setting can be used.
fn printed(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_derslik"));
    let output = command.arg("completions").args(arguments).env("DERSLIK_LISTEN", "nowhere").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of a command's subcommands, theirs included.
fn names(command: &clap::Command, found: &mut BTreeSet<String>) {
    for below in command.get_subcommands() {
        found.insert(below.get_name().to_owned());
        names(below, found);
    }
}

fn bash(arguments: &[&str]) -> Output {
    Command::new("bash").args(["--norc", "--noprofile"]).args(arguments).output().unwrap()
}

/// The script for bash, as a file.
fn bash_script() -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(printed(&["bash"]).as_bytes()).unwrap();
    file
}

#[test]
fn the_script_of_each_shell_has_every_command_and_its_subcommands() {
    let mut commands = BTreeSet::new();
    names(&command_tree(), &mut commands);
    assert!(["serve", "run-now", "completions"].iter().all(|name| commands.contains(*name)), "{commands:?}");
    for shell in SHELLS {
        let script = printed(&[shell]);
        let words: BTreeSet<_> = script.split(|letter: char| !letter.is_alphanumeric() && letter != '-').collect();
        let missing: Vec<_> = commands.iter().filter(|name| !words.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "the script for {shell} lacks {missing:?}");
    }
}

#[test]
fn bash_reads_its_script_without_a_fault() {
    let script = bash_script();
    let checked = bash(&["-n", &script.path().to_string_lossy()]);
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
}

#[test]
fn bash_completes_a_command_a_flag_and_a_value() {
    let script = bash_script();
    let cases = [
        ("derslik acc", "account"),
        ("derslik account dis", "disable"),
        ("derslik serve --no-w", "--no-worker"),
        ("derslik serve --profile prod", "production"),
    ];
    for (typed, wanted) in cases {
        let words: Vec<_> = typed.split(' ').collect();
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let call = format!(
            "source '{}'; COMP_WORDS=({typed}); COMP_CWORD={}; _derslik derslik '{last}' '{before}'; echo \"${{COMPREPLY[*]}}\"",
            script.path().display(),
            words.len() - 1
        );
        let completed = bash(&["-c", &call]);
        assert_eq!(String::from_utf8_lossy(&completed.stdout).trim(), wanted, "{typed}: {completed:?}");
    }
}

#[test]
fn a_script_can_be_had_as_json() {
    let json: serde_json::Value = serde_json::from_str(&printed(&["fish", "--json"])).unwrap();
    assert_eq!(json["shell"], "fish");
    assert!(json["script"].as_str().is_some_and(|script| script.contains("complete -c derslik")), "{json}");
}
