//! The reference of the commands, `docs/CLI.md`, is written from the program: `BLESS=1 scripts/test -p derslik --test documentation`
//! writes it anew.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, Command};
use derslik::cli::command_tree;

use crate::root;

const HEAD: &str = "\
# Commands

<!-- commands: written from the program by `BLESS=1 scripts/test -p derslik --test documentation` -->

Each command of `derslik` with its arguments. [OPERATIONS.md](OPERATIONS.md) shows them at work. A flag that sets a setting wins over the
variable beside it and over the file of settings ([CONFIG.md](CONFIG.md)). `--help` prints the same on the spot, and `--version` the version.";

/// The text that stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// The variables of each flag that sets a setting, as the comments of the settings name the flag.
fn variables() -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(root().join("docs/CONFIG.md")).unwrap();
    let mut variables = BTreeMap::new();
    for (setting, meaning) in page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")) {
        if let Some(flag) = between(meaning, "Flag `--", "`") {
            let own = format!("`DERSLIK_{}`", setting.to_uppercase().replace('.', "__"));
            let other = between(meaning, "Also read from `", "`").map(|name| format!("`{name}`, "));
            variables.insert(flag.to_owned(), other.unwrap_or_default() + &own);
        }
    }
    variables
}

/// The subcommands, without the one that prints help.
fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| below.get_name() != "help")
}

/// The arguments of a command alone, without those of every command.
fn arguments(command: &Command) -> Vec<&Arg> {
    let is_own = |argument: &&Arg| !argument.is_global_set() && !["help", "version"].contains(&argument.get_id().as_str());
    command.get_arguments().filter(is_own).collect()
}

/// A sentence on one line, with a full stop.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.ends_with('.') { text } else { text + "." }
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    sentence(&about.unwrap_or_else(|| panic!("{} has no comment", command.get_name())).to_string())
}

/// How an argument is written.
fn written(argument: &Arg) -> String {
    let takes_value = argument.get_action().takes_values();
    let value = argument.get_value_names().and_then(|names| names.first()).filter(|_| takes_value);
    let more = if matches!(argument.get_action(), ArgAction::Append) { " …" } else { "" };
    match (argument.get_long(), value) {
        (Some(long), Some(value)) => format!("`--{long} <{value}>`{more}"),
        (Some(long), None) => format!("`--{long}`"),
        (None, Some(value)) if argument.is_required_set() => format!("`<{value}>`{more}"),
        (None, Some(value)) => format!("`[{value}]`{more}"),
        (None, None) => panic!("{} has no name", argument.get_id()),
    }
}

/// What the values of an argument mean, if there are only some.
fn values(argument: &Arg) -> String {
    let values = argument.get_possible_values();
    let explained = values.iter().filter_map(|value| {
        let help = value.get_help()?.to_string();
        Some(format!(" `{}`: {}", value.get_name(), sentence(&help)))
    });
    let bare: Vec<_> = values.iter().filter(|value| value.get_help().is_none()).map(|value| format!("`{}`", value.get_name())).collect();
    let choice = if bare.is_empty() { String::new() } else { format!(" One of {}.", bare.join(", ")) };
    explained.collect::<String>() + &choice
}

/// The default of an argument, and its help without that.
fn default_and_help(argument: &Arg) -> (String, String) {
    let help = argument.get_long_help().or_else(|| argument.get_help());
    let help = help.unwrap_or_else(|| panic!("{} has no comment", argument.get_id())).to_string();
    let given = argument.get_default_values().first().filter(|value| argument.get_action().takes_values() && !value.is_empty());
    let (help, told) = match help.split_once("[default: ") {
        Some((before, rest)) => {
            let (default, after) = rest.split_once(']').expect("the end of a default");
            (format!("{}{after}", before.trim_end()), Some(default.to_owned()))
        }
        None => (help, None),
    };
    let default = match given {
        _ if argument.is_required_set() => "required".to_owned(),
        Some(value) => format!("`{}`", value.to_string_lossy()),
        None => told.unwrap_or_default(),
    };
    (default, sentence(&help))
}

fn table<'c>(arguments: impl IntoIterator<Item = &'c Arg>, variables: &BTreeMap<String, String>) -> String {
    let row = |argument: &Arg| {
        let (default, help) = default_and_help(argument);
        let variable = argument.get_long().and_then(|long| variables.get(long)).cloned().unwrap_or_default();
        let cells = [written(argument), default, variable, help + &values(argument)];
        format!("\n| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
    };
    let rows = arguments.into_iter().map(row).collect::<String>();
    format!("| argument | default | variable | meaning |\n|---|---|---|---|{rows}")
}

/// The lines of the help that show how a command is called.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let lines = usage.trim_start_matches("Usage:").lines().map(|line| format!("`{}`", line.trim()));
    lines.collect::<Vec<_>>().join(" or ")
}

fn describe(command: &Command, path: &str, level: usize, variables: &BTreeMap<String, String>, parts: &mut Vec<String>) {
    let path = format!("{path} {}", command.get_name());
    parts.push(format!("{} `{path}`", "#".repeat(level)));
    let own = arguments(command);
    if own.is_empty() {
        parts.push(about(command));
    } else {
        parts.push(format!("{}\nUsage: {}.", about(command), usage(command)));
        parts.push(table(own, variables));
    }
    for below in subcommands(command) {
        describe(below, &path, level + 1, variables, parts);
    }
}

fn exit_codes(program: &Command) -> String {
    let help = program.get_after_help().expect("the exit codes").to_string();
    let codes = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    let rows: Vec<_> = codes.map(|(code, meaning)| format!("| {code} | {} |", meaning.trim())).collect();
    format!("| code | meaning |\n|---|---|\n{}", rows.join("\n"))
}

fn page() -> String {
    let mut program = command_tree();
    program.build();
    let variables = variables();
    let row = |command: &Command| {
        let name = command.get_name();
        format!("\n| [`derslik {name}`](#derslik-{name}) | {} |", about(command))
    };
    let overview = subcommands(&program).map(row).collect::<String>();
    let mut parts = vec![HEAD.to_owned(), format!("| command | what it does |\n|---|---|{overview}")];
    parts.push("## Arguments of every command".to_owned());
    parts.push(table(program.get_arguments().filter(|argument| argument.is_global_set()), &variables));
    for command in subcommands(&program) {
        describe(command, "derslik", 2, &variables, &mut parts);
    }
    parts.push("## Exit codes".to_owned());
    parts.push(exit_codes(&program));
    parts.join("\n\n") + "\n"
}

#[test]
fn the_reference_of_the_commands_is_that_of_the_program() {
    let (path, wanted) = (root().join("docs/CLI.md"), page());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, wanted).unwrap();
    } else {
        let found = std::fs::read_to_string(path).unwrap();
        assert!(found == wanted, "docs/CLI.md tells something else than the program; the top of this test says how to write it anew");
    }
}

#[test]
fn every_flag_that_the_settings_name_is_an_argument_with_their_variable() {
    let (variables, page) = (variables(), page());
    assert!(variables.len() >= 8, "{variables:?}");
    for (flag, variable) in variables {
        let starts = [format!("| `--{flag} "), format!("| `--{flag}`")];
        let is_row = |line: &str| starts.iter().any(|start| line.starts_with(start)) && line.contains(&variable);
        assert!(page.lines().any(is_row), "no command takes --{flag}, which docs/CONFIG.md names");
    }
}

#[test]
fn the_reference_shows_what_each_exit_code_means() {
    let page = page();
    for code in ["0", "1", "2", "3", "4", "128 and more"] {
        assert_eq!(page.lines().filter(|line| line.starts_with(&format!("| {code} | "))).count(), 1, "{code}");
    }
}
