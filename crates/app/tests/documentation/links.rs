//! The links between the pages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::root;

/// The folders whose pages are read, from the root.
const FOLDERS: [&str; 4] = ["", "docs", "docs/adr", "migrations"];

fn pages() -> Vec<PathBuf> {
    let files = FOLDERS.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).expect("a folder"));
    let paths = files.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect()
}

/// The lines of a page outside of blocks of code.
fn lines(page: &str) -> Vec<&str> {
    let mut is_code = false;
    let is_prose = |line: &&str| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    };
    page.lines().filter(is_prose).collect()
}

/// The names by which a Git host links to the headings of a page. A name that was given before gets a number.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for heading in lines(page).into_iter().filter(|line| line.starts_with('#')) {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let letters = text.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
        let name: String = letters.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let mut numbered = (0_u32..).map(|number| if number == 0 { name.clone() } else { format!("{name}-{number}") });
        let unique = numbered.find(|anchor| !found.contains(anchor));
        found.extend(unique);
    }
    found
}

/// The targets of the links of a page, without those in code.
fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines(page) {
        let prose: String = line.split('`').step_by(2).collect();
        found.extend(prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
    }
    found
}

/// Why a link leads nowhere, if it does.
fn fault(page: &Path, link: &str) -> Option<&'static str> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some("there is no such file");
    }
    let is_page = target.extension().is_some_and(|kind| kind == "md");
    let is_found = anchor.is_empty() || !is_page || anchors(&std::fs::read_to_string(&target).expect("a text")).contains(anchor);
    if is_found { None } else { Some("the page has no such heading") }
}

#[test]
fn every_link_between_pages_leads_to_a_file_and_a_heading() {
    let (mut broken, mut count) = (Vec::new(), 0);
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a text");
        // A colon stands in addresses of other sites only.
        for link in links(&text).iter().filter(|link| !link.contains(':')) {
            count += 1;
            broken.extend(fault(&page, link).map(|why| format!("{}: {link}: {why}", page.display())));
        }
    }
    assert!(count > 100, "the pages are elsewhere: {count} links");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn headings_have_the_anchors_of_git_hosts() {
    let page = "# `derslik serve`\n```sh\n# a comment\n```\n## What's (not) in it?\n## Figures\n### Figures\n";
    let wanted = ["derslik-serve", "whats-not-in-it", "figures", "figures-1"];
    assert_eq!(anchors(page), BTreeSet::from(wanted.map(str::to_owned)));
    assert_eq!(links("see [`a`](A.md#b), `[no](link)` and [c](#d)"), ["A.md#b", "#d"]);
}
