//! The opened request: what was sent and answered, how to send it again, and how to let the next one fail.

use derslik_domain::fault::Api;
use derslik_ports::inbound::control::JournalEntry;
use serde::de::IgnoredAny;

use super::fail;
use super::lines::Lines;
use super::row::{Badge, Pen, took};
use crate::tests_control::Choice;

/// The opened request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) title: String,
    pub(super) answer: Badge,
    pub(super) at: String,
    pub(super) took: String,
    pub(super) api: &'static str,
    pub(super) route: String,
    pub(super) request_id: String,
    /// The name of the fault that was injected, or an empty text.
    pub(super) fault: &'static str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// What there is to say of a body that is not shown, or an empty text.
    pub(super) no_body: String,
    /// The size of the answer, or an empty text.
    pub(super) answer_size: String,
    pub(super) lines: Lines,
    /// The address of the list without the opened request.
    pub(super) back: String,
    /// Where the form that lets the next one fail goes; empty for a request of no account.
    pub(super) fail_url: String,
    /// Where the form that sends it again goes; empty where its sender is not known.
    pub(super) replay_url: String,
    /// The requests that the fault would be for.
    pub(super) like_this: String,
    pub(super) kinds: Vec<Choice>,
}

impl Opened {
    /// The view of an entry. `base` is the URL of the public APIs.
    pub(super) fn of(entry: &JournalEntry, pen: &Pen, base: &str, is_of_none: bool) -> Self {
        let (request, t, language) = (entry.request(), pen.t, pen.language);
        let no_body = match (entry.body(), request.body_bytes) {
            (Some(_), _) => String::new(),
            (None, 0) => t.requests_no_body(),
            (None, bytes) => t.requests_body_not_kept(bytes),
        };
        let replay_url = format!("{}/{}/replay{}", pen.url, entry.number, pen.query.with(&[("note", None)]));
        Self {
            title: format!("{} {}", request.method, request.path),
            answer: Badge::of(request, t),
            at: language.moment(entry.at, pen.zone),
            took: took(request, language, t),
            api: request.api.map_or("–", Api::name),
            route: request.route.clone().unwrap_or_default(),
            request_id: request.request_id.clone(),
            fault: request.fault.unwrap_or_default(),
            headers: request.headers.clone(),
            body: entry.body().map(indented).unwrap_or_default(),
            no_body,
            answer_size: request.answer_bytes.map(|bytes| t.requests_bytes(bytes)).unwrap_or_default(),
            lines: Lines::of(entry, base),
            back: format!("{}{}", pen.url, pen.query.with(&[("note", None)])),
            fail_url: if is_of_none { String::new() } else { format!("{}/{}/fail", pen.url, entry.number) },
            replay_url: if is_of_none || entry.recorded.actor.is_none() { String::new() } else { replay_url },
            like_this: fail::shown(&fail::like(request)),
            kinds: fail::kinds(t),
        }
    }
}

/// A body in JSON with an indented line for each value, and any other as it is. Nothing but white space is added.
fn indented(body: &str) -> String {
    if serde_json::from_str::<IgnoredAny>(body).is_err() {
        return body.to_owned();
    }
    let (mut text, mut depth, mut is_in_text, mut is_escaped) = (String::with_capacity(body.len() * 2), 0_usize, false, false);
    let mut letters = body.chars().filter(|letter| !matches!(letter, '\n' | '\r' | '\t')).peekable();
    while let Some(letter) = letters.next() {
        if is_in_text {
            is_in_text = letter != '"' || is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            text.push(letter);
            continue;
        }
        match letter {
            '"' => {
                is_in_text = true;
                text.push(letter);
            }
            '{' | '[' => {
                text.push(letter);
                while letters.next_if_eq(&' ').is_some() {}
                if let Some(end) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(letter);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            ' ' => {}
            _ => text.push(letter),
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_in_json_is_indented_and_keeps_its_order_and_its_numbers() {
        let body = "{ \"b\": [ 1.0, {}, [ ] ],\n\"a\" :\"x, {\\\"y\\\\\" }";
        assert_eq!(indented(body), "{\n  \"b\": [\n    1.0,\n    {},\n    []\n  ],\n  \"a\": \"x, {\\\"y\\\\\"\n}");
        assert_eq!(indented("7"), "7");
    }

    #[test]
    fn another_body_stays_as_it_is() {
        for body in ["", "a=1&b=2", "{\"a\":", "{} {}"] {
            assert_eq!(indented(body), body);
        }
    }
}
