//! The erasure of answers that name a data subject. This crate did not write the answers, so each is read to its end. The texts
//! of its JSON are compared unescaped, so a name is found with any escapes.

use std::collections::BTreeSet;
use std::fmt;

use derslik_domain::id::{AccountId, Id, PrincipalId};
use derslik_domain::identity::{DataSubject, PersonalNames};
use derslik_domain::rows::{BatchSize, RowCount};
use derslik_domain::text::hex;
use derslik_domain::time::Timestamp;
use derslik_ports::outbound::{CountedAnswers, SearchedAnswers};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::erased_names::names_after;
use crate::db::conn::{Conn, on_conn};
use crate::db::digest::sha256;
use crate::db::schema::idempotency_keys;
use crate::db::types::{DbInstant, row_count};

/// About how many bytes of answers one transaction reads. The first answer is read however long it is.
const MAX_BYTES: u64 = 4 << 20;
/// How many names of erased attendees are searched for at once. For each further batch of names, the answers are read once more.
const MAX_NAMES: u16 = 20_000;

/// Searches answers that were stored after `after`, in the order in which they were stored, and erases those that name the data
/// subject.
pub(super) fn erase_naming(
    mut conn: Conn<'_>,
    account: AccountId,
    subject: &DataSubject,
    after: Option<Timestamp>,
    batch: BatchSize,
) -> QueryResult<SearchedAnswers> {
    let after = DbInstant(after.unwrap_or(Timestamp::MIN));
    let Some(range) = next_range(conn.reborrow(), account, after, batch)? else {
        return Ok(SearchedAnswers { erased: RowCount::ZERO, until: None });
    };
    let own = subject.people().iter().map(|user| user.id.get()).collect();
    let (mut names, mut naming, mut last) = (subject.names(), BTreeSet::new(), None);
    loop {
        let part = names_after(conn.reborrow(), account, last.as_ref(), MAX_NAMES)?;
        for (_, name) in &part {
            names.add(name);
        }
        naming.extend(answers_naming(conn.reborrow(), account, &own, &names, after, range.until)?);
        if part.len() < usize::from(MAX_NAMES) {
            break;
        }
        (names, last) = (PersonalNames::new(), part.into_iter().next_back());
    }
    let mut erased = 0;
    for (principal, key) in naming {
        let row = idempotency_keys::table.find((account.get(), principal, &key));
        let change = (
            idempotency_keys::idempotency_key.eq(erased_key(account, Id::new(principal), &key)),
            idempotency_keys::request_digest.eq([0; 32].as_slice()),
            idempotency_keys::answer_body.eq([].as_slice()),
            idempotency_keys::erased.eq(true),
        );
        erased += on_conn!(conn.reborrow(), |conn| diesel::update(row).set(change).execute(conn))?;
    }
    Ok(SearchedAnswers { erased: row_count(erased), until: range.has_more.then_some(range.until.0) })
}

/// Searches answers as [`erase_naming`] does, and counts those that it would erase. Before the erasure, the names of the attendances
/// are not stored yet, so the caller tells them.
pub(crate) fn count_naming(
    mut conn: Conn<'_>,
    account: AccountId,
    subject: &DataSubject,
    attendances: &BTreeSet<String>,
    after: Option<Timestamp>,
    batch: BatchSize,
) -> QueryResult<CountedAnswers> {
    let after = DbInstant(after.unwrap_or(Timestamp::MIN));
    let Some(range) = next_range(conn.reborrow(), account, after, batch)? else {
        return Ok(CountedAnswers { found: RowCount::ZERO, until: None });
    };
    let own = subject.people().iter().map(|user| user.id.get()).collect();
    let mut names = subject.names();
    for name in attendances {
        names.add(name);
    }
    let naming = answers_naming(conn, account, &own, &names, after, range.until)?;
    Ok(CountedAnswers { found: row_count(naming.len()), until: range.has_more.then_some(range.until.0) })
}

/// The text that replaces a key whose answer was erased, since clients build keys from names. It expires after a day, like any
/// key.
pub(super) fn erased_key(account: AccountId, principal: PrincipalId, key: &str) -> String {
    format!("sha256:{}", hex(&sha256(&[&account.get().to_be_bytes(), &principal.get().to_be_bytes(), key.as_bytes()])))
}

/// A range of answers that one call reads.
struct Range {
    /// When the last of them was stored.
    until: DbInstant,
    /// Whether there may be more answers after this range.
    has_more: bool,
}

fn next_range(conn: Conn<'_>, account: AccountId, after: DbInstant, batch: BatchSize) -> QueryResult<Option<Range>> {
    let sizes: Vec<(DbInstant, i32)> = on_conn!(conn, |conn| idempotency_keys::table
        .filter(idempotency_keys::account_id.eq(account.get()))
        .filter(idempotency_keys::kept_at.gt(after))
        .order(idempotency_keys::kept_at)
        .limit(batch.get().into())
        .select((idempotency_keys::kept_at, sql::<Integer>("length(answer_body)")))
        .load(conn))?;
    let mut bytes = 0;
    let fitting = sizes.iter().take_while(|(_, size)| {
        let is_first = bytes == 0;
        // An empty answer counts as one byte, so that only one answer is the first.
        bytes += u64::from(size.unsigned_abs()) + 1;
        is_first || bytes <= MAX_BYTES
    });
    let (count, last) = fitting.fold((0, None), |(count, _), (at, _)| (count + 1, Some(*at)));
    let has_more = count < sizes.len() || count == usize::from(batch.get());
    Ok(last.map(|until| Range { until, has_more }))
}

/// The keys of the answers of a range that name the data subject, or that belong to it. All answers of one microsecond belong to
/// the same range.
fn answers_naming(
    conn: Conn<'_>,
    account: AccountId,
    own: &BTreeSet<i64>,
    names: &PersonalNames,
    after: DbInstant,
    until: DbInstant,
) -> QueryResult<Vec<(i64, String)>> {
    let query = idempotency_keys::table
        .filter(idempotency_keys::account_id.eq(account.get()))
        .filter(idempotency_keys::kept_at.gt(after))
        .filter(idempotency_keys::kept_at.le(until))
        .filter(idempotency_keys::erased.eq(false))
        .select((idempotency_keys::principal_id, idempotency_keys::idempotency_key, idempotency_keys::answer_body));
    let is_theirs =
        |(principal, key, body): &(i64, String, Vec<u8>)| own.contains(principal) || names.are_in_key(key) || are_in_answer(names, body);
    on_conn!(conn, |conn| {
        let mut found = Vec::new();
        for row in query.load_iter::<(i64, String, Vec<u8>), DefaultLoadingMode>(conn)? {
            let row = row?;
            if is_theirs(&row) {
                found.push((row.0, row.1));
            }
        }
        Ok(found)
    })
}

/// Whether an answer contains a name: in one of the texts of its JSON, or anywhere if it is not JSON.
fn are_in_answer(names: &PersonalNames, body: &[u8]) -> bool {
    let mut json = serde_json::Deserializer::from_slice(body);
    match Texts(names).deserialize(&mut json) {
        Ok(()) => json.end().is_err() && names.are_in(&String::from_utf8_lossy(body)),
        Err(error) => error.to_string().starts_with(NAMED) || names.are_in(&String::from_utf8_lossy(body)),
    }
}

/// The error that ends the reading of an answer at the first name.
const NAMED: &str = "named";

/// Reads JSON and looks for a text that contains a name. It keeps no part of the JSON.
#[derive(Clone, Copy)]
struct Texts<'a>(&'a PersonalNames);

impl Texts<'_> {
    fn check<E: Error>(self, text: &str) -> Result<(), E> {
        if self.0.are_in(text) { Err(E::custom(NAMED)) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.check(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key::<IgnoredAny>()?.is_some() {
            members.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use derslik_testkit::builders::user;

    use super::*;

    fn is_named_in(json: &str) -> bool {
        are_in_answer(&DataSubject::new("user7", vec![user(7)]).names(), json.as_bytes())
    }

    #[test]
    fn a_name_is_found_wherever_the_json_has_a_text_and_however_it_is_escaped() {
        for json in [
            r#"{"email":"user7@demo.example"}"#,
            r#"[{"a":1},{"b":[null,true,1.5,-1,"USER7@demo.example"]}]"#,
            r#"{"email":"\u0075ser7\u0040demo.example"}"#,
            r#"{"details":"user7@demo.example is taken"}"#,
            r#"{"user_id":"00000000-0000-0000-0000-000000000007"}"#,
            r#"{"username":"User7"}"#,
            r#"{"profile":{"id":"7"}}"#,
            "no JSON, but user7@demo.example",
            "{\"cut\":\"off",
            "{} user7@demo.example",
        ] {
            assert_eq!(is_named_in(json), !json.contains("cut"), "{json}");
        }
        for json in ["", "{}", r#"{"email":"user77@demo.example","id":7,"user7@demo.example":1}"#, r#"["user8"]"#] {
            assert!(!is_named_in(json), "{json}");
        }
    }
}
