//! The translations of the first screen of `README.md`.

use crate::root;

const TRANSLATIONS: [&str; 2] = ["README.tr.md", "README.ar.md"];

/// The first heading after the first screen of `README.md`.
const END_OF_FIRST_SCREEN: &str = "\n## What you can rely on\n";

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The first screen of `README.md`.
fn first_screen() -> String {
    let text = text("README.md");
    text.split_once(END_OF_FIRST_SCREEN).expect("the end of the first screen").0.to_owned()
}

/// The blocks of code, each with its language in the first line.
fn blocks(text: &str) -> Vec<&str> {
    text.split("\n```").skip(1).step_by(2).collect()
}

#[test]
fn the_blocks_of_code_of_the_first_screen_are_the_same_in_every_language() {
    let screen = first_screen();
    let wanted = blocks(&screen);
    assert!(wanted.len() >= 4, "{wanted:?}");
    for file in TRANSLATIONS {
        assert_eq!(blocks(&text(file)), wanted, "the blocks of {file} are not those of the first screen of README.md");
    }
}

#[test]
fn the_languages_link_to_each_other_at_their_tops() {
    let files = ["README.md", TRANSLATIONS[0], TRANSLATIONS[1]];
    for file in files {
        let text = text(file);
        let top = text.lines().take(20).collect::<Vec<_>>().join("\n");
        let missing: Vec<_> = files.iter().filter(|other| **other != file && !top.contains(&format!("({other})"))).collect();
        assert!(missing.is_empty(), "the top of {file} links to no {missing:?}");
    }
}

#[test]
fn the_readme_is_short_and_begins_with_its_two_commands() {
    let text = text("README.md");
    assert!(text.lines().count() <= 200, "{} lines", text.lines().count());
    let first = blocks(&text).into_iter().next().unwrap_or_default();
    let commands: Vec<_> = first.lines().skip(1).filter_map(|line| line.split('#').next()).map(str::trim_end).collect();
    assert_eq!(commands, ["make run", "make test"]);
}
