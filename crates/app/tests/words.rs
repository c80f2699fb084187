//! The words of comments, docs and help: plain English, with the terms of `docs/GLOSSARY.md`. Each phrase that is refused here has a
//! plainer form there or in the texts beside it.
#![cfg(test)]

use std::path::{Path, PathBuf};

/// Words that hide the subject of a sentence.
const RIDDLES: [&str; 5] = ["somebody", "nobody", "whoever", "anybody", "everybody"];

/// Phrases that have a term: pending, indexed, cancel.
const PHRASES: [[&str; 2]; 4] = [["taken", "up"], ["call", "off"], ["called", "off"], ["calls", "off"]];

/// "The text is no date" puzzles; "is not a date" and "there is no date" do not.
const IS: [&str; 4] = ["is", "are", "was", "were"];
const AFTER_NO: [&str; 8] = ["longer", "more", "less", "later", "earlier", "further", "better", "other"];

/// Files whose words are a subject here, or that hold texts of the wire.
const EXCEPTED: [&str; 2] = ["crates/app/tests/words.rs", "docs/GLOSSARY.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether a file holds sentences: sources, Markdown, and the English texts of the console. Those of the dialects are words of an API.
fn has_sentences(path: &Path) -> bool {
    path.extension().is_some_and(|kind| {
        kind == "rs" || kind == "md" || kind == "ftl" && path.parent().is_some_and(|folder| folder.ends_with("texts/en"))
    })
}

/// The files of ours below a folder that hold sentences.
fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "node_modules", "golden", "clients"].contains(&name.as_str()) {
                texts(&path, found);
            }
        } else if has_sentences(&path) {
            found.push(path);
        }
    }
}

/// The sentences of a file, each with the number of its line: comments of Rust, and every line outside of code of any other file.
fn lines(path: &Path) -> Vec<(usize, String)> {
    let text = std::fs::read_to_string(path).expect("a text");
    let numbered = text.lines().enumerate().map(|(place, line)| (place + 1, line.trim_start()));
    if path.extension().is_some_and(|kind| kind == "rs") {
        return numbered.filter(|(_, line)| line.starts_with("//")).map(|(number, line)| (number, line.to_owned())).collect();
    }
    let mut is_code = false;
    let prose = numbered.filter(|(_, line)| {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    prose.map(|(number, line)| (number, line.to_owned())).collect()
}

/// What is refused in a line, if anything is. Code between backticks is left out.
fn refused(line: &str) -> Option<String> {
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" _ ").to_lowercase();
    let words: Vec<&str> = prose.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty()).collect();
    if let Some(riddle) = words.iter().find(|word| RIDDLES.contains(word)) {
        return Some((*riddle).to_owned());
    }
    if let Some(pair) = words.windows(2).find(|pair| PHRASES.iter().any(|phrase| pair == phrase)) {
        return Some(pair.join(" "));
    }
    let is_no = |at: &usize| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let (no, after) = (words.get(at + 1), words.get(at + 2));
        words.get(*at).is_some_and(|word| IS.contains(word))
            && no == Some(&"no")
            && before != Some(&"there")
            && after.is_some_and(|word| !AFTER_NO.contains(word))
    };
    (0..words.len()).find(is_no).map(|at| words.get(at..at + 3).unwrap_or_default().join(" "))
}

#[test]
fn words_of_comments_and_docs_are_plain() {
    let root = root();
    let mut files = vec![root.join("README.md")];
    texts(&root.join("crates"), &mut files);
    texts(&root.join("docs"), &mut files);
    assert!(files.len() > 400, "the sources are elsewhere: {} files", files.len());
    let mut found = Vec::new();
    for path in files {
        let name = path.strip_prefix(&root).expect("below the root").display().to_string();
        if EXCEPTED.contains(&name.as_str()) {
            continue;
        }
        found.extend(lines(&path).into_iter().filter_map(|(number, line)| Some(format!("{name}:{number}: {}: {line}", refused(&line)?))));
    }
    assert!(found.is_empty(), "{} phrases that docs/GLOSSARY.md replaces:\n{}", found.len(), found.join("\n"));
}

#[test]
fn riddles_are_told_from_plain_sentences() {
    for plain in ["There is no such course.", "It is no longer held.", "`is no` stands in code", "is not a date", "a session was taken"] {
        assert_eq!(refused(plain), None, "{plain}");
    }
    for riddle in ["/// Whoever asks waits.", "The text is no date.", "were taken up", "Jobs are called off", "Nobody knows"] {
        assert!(refused(riddle).is_some(), "{riddle}");
    }
}
