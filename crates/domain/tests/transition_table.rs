//! The table of transitions in the documentation is the one that the code uses. `BLESS=1` writes it anew.

use std::path::PathBuf;

use derslik_domain::course::transition_table;

const BEGIN: &str = "<!-- transitions: written by `BLESS=1 cargo test -p derslik-domain --test transition_table` -->\n";
const END: &str = "<!-- end of transitions -->\n";

#[test]
fn the_documented_table_is_the_one_in_force() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/API.md");
    let text = std::fs::read_to_string(&path).expect("the document is there");
    let (before, rest) = text.split_once(BEGIN).expect("the table begins");
    let (table, after) = rest.split_once(END).expect("the table ends");
    let expected = transition_table().into_iter().map(|line| line + "\n").collect::<String>();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("the document can be written");
        return;
    }
    assert_eq!(table, expected);
}
