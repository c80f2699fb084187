//! A filter translated into the types of the databases.

use derslik_domain::id::AccountId;
use derslik_domain::session::SessionFilter;
use derslik_domain::time::{CivilTime, Start, Timestamp, Zone};
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};

use super::keys::Keys;
use super::signature;
use crate::db::sql::{Database, Sql};
use crate::db::text::{Condition, Dialect, Part};
use crate::db::types::{Civil, DbCivil, DbGuid, DbInstant};

/// A zone was never further from UTC than this, so a civil time bounds the instants that it can stand for.
const FURTHEST_OFFSET_MINUTES: i64 = 16 * 60;

/// The conditions of a search.
pub(super) struct Terms {
    pub(super) account: i64,
    /// The only GUID that can match. The inner option is `None` if the filter's text is not a GUID.
    #[expect(clippy::option_option, reason = "as the filter of the domain has it")]
    pub(super) guid: Option<Option<DbGuid>>,
    pub(super) keys: Keys,
    /// The rows of a signature that decide whether a name may match. None if any name may.
    pub(super) name_slots: Vec<usize>,
    pub(super) name: Option<Part>,
    pub(super) description: Option<Part>,
    pub(super) tags: Vec<Part>,
    pub(super) minutes: Option<i16>,
    pub(super) begin: Option<DbCivil>,
    pub(super) end: Option<DbCivil>,
    pub(super) size: i64,
    pub(super) offset: i64,
}

impl Terms {
    pub(super) fn new(account: AccountId, filter: &SessionFilter) -> Self {
        Self {
            account: account.get(),
            guid: filter.guid.map(|guid| guid.map(DbGuid::from)),
            keys: Keys::of_filter(filter),
            name_slots: filter.name.as_deref().map(signature::slots_of).unwrap_or_default(),
            name: filter.name.as_deref().map(Part::new),
            description: filter.description.as_deref().map(Part::new),
            tags: filter.tags.iter().map(|tag| Part::new(format!(",{tag},"))).collect(),
            minutes: filter.duration.map(|minutes| i16::try_from(minutes).unwrap_or(i16::MAX)),
            begin: filter.begin.map(DbCivil),
            end: filter.end.map(DbCivil),
            size: i64::from(filter.page.size()),
            offset: i64::try_from(filter.page.offset()).unwrap_or(i64::MAX),
        }
    }

    /// Whether the search has conditions that reading in the order of the starts may take long to satisfy.
    pub(super) fn needs_index(&self) -> bool {
        self.guid.is_none() && !self.keys.is_empty()
    }

    /// The number of matches up to the end of the page.
    pub(super) fn end_of_page(&self) -> i64 {
        self.offset.saturating_add(self.size)
    }

    /// A matching session can't start before this.
    pub(super) fn earliest_start(&self) -> Option<DbInstant> {
        self.begin.map(|civil| DbInstant(shifted(civil.0, FURTHEST_OFFSET_MINUTES).max(Timestamp::MIN)))
    }

    /// A matching session can't start after this.
    pub(super) fn latest_start(&self) -> Option<DbInstant> {
        self.end.map(|civil| DbInstant(shifted(civil.0, -FURTHEST_OFFSET_MINUTES).min(Timestamp::MAX)))
    }

    /// The conditions on texts, each with its column.
    fn conditions(&self, dialect: Dialect) -> Vec<(&'static str, Condition)> {
        let name = self.name.iter().map(|part| ("name_key", part));
        let description = self.description.iter().map(|part| ("description_key", part));
        let parts = name.chain(description).chain(self.tags.iter().map(|part| ("tags_key", part)));
        parts.flat_map(|(column, part)| part.conditions(dialect).into_iter().map(move |condition| (column, condition))).collect()
    }

    /// Binds the values of a search. It is planned for them, so a connection does not keep it.
    pub(super) fn bind<DB: Database>(&self, query: Sql<'static, DB>, limit: i64) -> Sql<'static, DB> {
        let query = query
            .bind_in_both::<BigInt, _>("account", self.account)
            .bind_in_both::<Nullable<SmallInt>, _>("minutes", self.minutes)
            .bind_in_both::<Nullable<Civil>, _>("begin", self.begin)
            .bind_in_both::<Nullable<Civil>, _>("end", self.end)
            .bind_in_both::<BigInt, _>("limit", limit);
        let texts = self.conditions(DB::DIALECT).into_iter().enumerate();
        let bind = |query: Sql<'static, DB>, (number, (_, text)): (usize, (&str, Condition))| {
            query.bind_in_both::<Text, _>(name_of_text(number), text.value().to_owned())
        };
        texts.fold(query, bind).uncached()
    }

    /// SQL for the conditions on texts, each after an `AND`.
    pub(super) fn conditions_in_sql(&self, dialect: Dialect) -> String {
        let texts = self.conditions(dialect).into_iter().enumerate();
        let conditions = texts.map(|(number, (column, text))| format!(" AND {}", text.on(column, &format!(":{}", name_of_text(number)))));
        conditions.collect::<Vec<_>>().concat()
    }
}

fn name_of_text(number: usize) -> String {
    format!("text{number}")
}

/// The instant of a civil time in UTC, `minutes` earlier. Callers bound it: beyond the years 1 to 9999, the texts of SQLite do
/// not sort as the instants do.
fn shifted(civil: CivilTime, minutes: i64) -> Timestamp {
    Start::at(civil, Zone::UTC).instant().minutes_before(minutes)
}
