//! The words of the APIs stay in the dialects: the domain, the ports and the services name no vendor, no field of a message and
//! no status of HTTP.
#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The crates that know no API.
const CRATES: [&str; 3] = ["domain", "ports", "services"];

/// The kinds of words that are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    /// The name of a vendor or of its product.
    Vendor,
    /// A name in lower camel case inside of a text, as the fields of two APIs are written.
    CamelCase,
    /// A text that is a field of a message: a name of several words that some golden file has as a key.
    Field,
    /// HTTP by name, or one of its status numbers.
    Http,
}

/// Words that stay, by the start of the path: the rule, and the reason.
const EXCEPTIONS: [(&str, Rule, &str); 5] = [
    (
        "crates/domain/src/identity/actor.rs",
        Rule::Vendor,
        "The ids of scopes: tokens in the database and the command line of operators hold them.",
    ),
    (
        "crates/domain/src/session/options.rs",
        Rule::Field,
        "The names under which a store keeps the switches of a session. The dialect has a table of its own.",
    ),
    ("crates/services/src/control/seed/export.rs", Rule::Field, "The names of columns, by which the rows of an account are read."),
    ("crates/domain/src/json.rs", Rule::CamelCase, "The format of an instant: its letters stand for the parts of a date."),
    ("crates/domain/src/strategies.rs", Rule::CamelCase, "The characters of generated texts, not a name."),
];

/// A piece of a source: what it is, its line, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    kind: Kind,
    line: usize,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    /// The content of a text, without its quotation marks.
    Literal,
    Code,
}

/// Divides a source into comments, texts and code.
fn pieces(source: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let (mut rest, mut line, mut code) = (source, 1, String::new());
    while let Some(first) = rest.chars().next() {
        let raw = raw_literal(rest).filter(|_| !code.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_'));
        let (kind, content, length) = if let Some((content, length)) = raw {
            (Kind::Literal, content, length)
        } else if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            (Kind::Comment, &rest[..length], length)
        } else if let Some(body) = rest.strip_prefix("/*") {
            let length = body.find("*/").map_or(rest.len(), |end| end + 4);
            (Kind::Comment, &rest[..length], length)
        } else if let Some(body) = rest.strip_prefix('"') {
            let end = end_of_literal(body);
            (Kind::Literal, &body[..end], end + 2)
        } else {
            // The letter after an apostrophe may be a quotation mark.
            let length =
                ["'\"'", "'\\\"'"].iter().find(|letter| rest.starts_with(**letter)).map_or(first.len_utf8(), |letter| letter.len());
            code.push_str(&rest[..length]);
            (Kind::Code, "", length)
        };
        if kind != Kind::Code || first == '\n' {
            found.push(Piece { kind: Kind::Code, line, text: std::mem::take(&mut code) });
        }
        if kind != Kind::Code {
            found.push(Piece { kind, line, text: content.to_owned() });
        }
        let length = length.min(rest.len());
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    found.push(Piece { kind: Kind::Code, line, text: code });
    found
}

/// The content and the length of the raw text that a source begins with.
fn raw_literal(source: &str) -> Option<(&str, usize)> {
    let body = source.strip_prefix("br").or_else(|| source.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let content = body[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = content.find(&closing)?;
    Some((&content[..end], source.len() - content.len() + end + closing.len()))
}

/// The length of the content of a text up to its quotation mark.
fn end_of_literal(body: &str) -> usize {
    let mut is_escaped = false;
    let end = body.find(|letter| {
        let is_end = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_end
    });
    end.unwrap_or(body.len())
}

/// The words of a text: runs of letters, digits and `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !word.is_empty())
}

fn is_camel_case(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_lowercase())
        && word.contains(|letter: char| letter.is_ascii_uppercase())
        && word.contains(|letter: char| letter.is_ascii_lowercase())
        && word.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Whether a number that HTTP uses as a status follows the word "status", or the words "status code".
fn names_a_status(text: &str) -> bool {
    let spaced = text.replace('_', " ");
    let words: Vec<_> = words(&spaced).filter(|word| *word != "code").collect();
    let is_status = |word: &str| word.len() == 3 && word.parse::<u16>().is_ok_and(|number| (100..600).contains(&number));
    words.windows(2).any(|pair| pair[0] == "status" && is_status(pair[1]))
}

/// A text with blanks for its escapes, since the letter of an escape is not a part of a word.
fn without_escapes(text: &str) -> String {
    let mut is_escaped = false;
    let shown = |letter| {
        let is_hidden = is_escaped || letter == '\\';
        is_escaped = letter == '\\' && !is_escaped;
        if is_hidden { ' ' } else { letter }
    };
    text.chars().map(shown).collect()
}

/// The rules that a piece breaks. `fields` are the names of several words that messages have.
fn broken(piece: &Piece, fields: &BTreeSet<String>) -> BTreeSet<Rule> {
    let mut broken = BTreeSet::new();
    let text = piece.text.as_str();
    let lower = text.to_lowercase();
    let is_product = match piece.kind {
        Kind::Comment => words(text).any(|word| word == "Classroom"),
        Kind::Literal => text == "classroom" || text.starts_with("classroom."),
        Kind::Code => false,
    };
    if is_product || ["perculus", "openreplay", "google"].iter().any(|vendor| lower.contains(vendor)) {
        broken.insert(Rule::Vendor);
    }
    if piece.kind == Kind::Literal && words(&without_escapes(text)).any(is_camel_case) {
        broken.insert(Rule::CamelCase);
    }
    if piece.kind == Kind::Literal && fields.contains(text) {
        broken.insert(Rule::Field);
    }
    // The scheme of an address is not the protocol.
    let protocol = lower.replace("http://", "").replace("https://", "");
    let has_http = words(&protocol).any(|word| word.split('_').any(|part| part.starts_with("http")));
    let has_status = piece.kind != Kind::Literal && (lower.contains("statuscode") || names_a_status(&lower));
    if has_http || has_status {
        broken.insert(Rule::Http);
    }
    broken
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file below a folder whose name ends so.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let below = entries.map(|path| if path.is_dir() { files(&path, extension) } else { vec![path] });
    below.flatten().filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// The keys of several words that messages in the golden files have: texts before a colon.
fn fields() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for path in files(&root().join("crates/app/tests/golden"), "json") {
        let text = std::fs::read_to_string(path).expect("a text");
        let mut rest = text.as_str();
        while let Some((_, body)) = rest.split_once('"') {
            let end = end_of_literal(body);
            let (name, after) = (&body[..end], body.get(end + 1..).unwrap_or_default());
            let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if after.trim_start().starts_with(':') && is_name && (name.contains('_') || is_camel_case(name)) {
                fields.insert(name.to_owned());
            }
            rest = after;
        }
    }
    fields
}

#[test]
fn words_of_the_apis_stay_in_the_dialects() {
    let root = root();
    let fields = fields();
    assert!(fields.len() > 50, "the golden files are elsewhere: {fields:?}");
    let sources: Vec<_> = CRATES.iter().flat_map(|name| files(&root.join("crates").join(name), "rs")).collect();
    assert!(sources.len() > 100, "the sources are elsewhere: {} files", sources.len());
    let (mut found, mut used) = (Vec::new(), BTreeSet::new());
    for path in sources {
        let name = path.strip_prefix(&root).expect("below the root").display().to_string();
        for piece in pieces(&std::fs::read_to_string(&path).expect("a source")) {
            for rule in broken(&piece, &fields) {
                let excepted = EXCEPTIONS.iter().position(|(file, of, _)| name.starts_with(file) && *of == rule);
                match excepted {
                    Some(exception) => _ = used.insert(exception),
                    None => found.push(format!("{name}:{}: {rule:?}: {}", piece.line, piece.text.trim())),
                }
            }
        }
    }
    assert!(found.is_empty(), "{} words that belong into a dialect:\n{}", found.len(), found.join("\n"));
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception is not needed anymore");
}

#[test]
fn words_of_an_api_are_told_from_those_of_the_domain() {
    let fields = BTreeSet::from(["session_guid".to_owned()]);
    let rules = |source: &str| pieces(source).iter().flat_map(|piece| broken(piece, &fields)).collect::<Vec<_>>();
    for (source, rule) in [
        ("/// As Google Classroom does it.", Rule::Vendor),
        ("/// The courses of Classroom.", Rule::Vendor),
        ("    PerculusKey,", Rule::Vendor),
        ("let scope = \"classroom.courses\";", Rule::Vendor),
        ("const NAME: &str = \"ownerId\";", Rule::CamelCase),
        ("write!(f, \"Assign calendar of courseId = {reference}\")", Rule::CamelCase),
        ("let mask = r#\"a \"quoted\" courseState\"#;", Rule::CamelCase),
        ("map.get(b\"session_guid\")", Rule::Field),
        ("/// The HTTP status.", Rule::Http),
        ("use actix_web::http::Method;", Rule::Http),
        ("Answer { status: 404, body }", Rule::Http),
        ("status_code(503)", Rule::Http),
        ("StatusCode::OK", Rule::Http),
    ] {
        assert_eq!(rules(source), [rule], "{source}");
    }
    for plain in [
        "/// The language of its classroom, see [`ClassroomRole`].",
        "let (session_guid, ownerId) = (1, 'a');",
        "let stored = (\"session guid\", '\"', \"delete_user_data\"); // ownerId",
        "let (room, link) = (\"301\", \"https://okul.example\");",
        "pub type PersonName = Text<200>; // 404 of them",
        "let status = SessionStatus::by_code(3);",
        "let escaped = \"a \\\" courseless\\tLab\";",
    ] {
        assert_eq!(rules(plain), [], "{plain}");
    }
}
