//! The fields of queries and forms.

use form_urlencoded::{Serializer, parse};

/// The fields of a query or of a form, in the order in which they came. A name may come more than once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads the encoding of forms, which queries have too.
    pub(crate) fn read(encoded: &[u8]) -> Self {
        Self(parse(encoded).into_owned().collect())
    }

    /// Fields with these names and values.
    pub(crate) const fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of that name without the white space around it; `None` for an absent or empty one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first value of that name as it was sent, also an empty one.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The first value of that name, or an empty text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Every value of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is a value of that name, as a ticked box sends it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The fields as a query that begins with `?`, where the given names have other values; `None` leaves a name out. Empty fields are left
    /// out, and without any field the query is empty.
    pub(crate) fn with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in &self.0 {
            if !value.is_empty() && !changes.iter().any(|(changed, _)| changed == name) {
                query.append_pair(name, value);
            }
        }
        for (name, value) in changes {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name() {
        let fields = Fields::read(b"job=1&job=2&q=+a%26b+&empty=&state=failed");
        assert_eq!(fields.all("job").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((fields.get("q"), fields.raw("q"), fields.get("empty"), fields.text("none")), (Some("a&b"), Some(" a&b "), None, ""));
        assert!(fields.has("empty") && !fields.has("none"));
        assert_eq!(fields.with(&[("job", None), ("state", Some("done")), ("before", Some("7"))]), "?q=+a%26b+&state=done&before=7");
        assert_eq!(Fields::default().with(&[("state", None)]), "");
    }
}
