//! Substring searches whose time grows with the text, and hardly with the part that is looked for.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, HasSqlType, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use memchr::memmem;

/// The SQL dialect of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    Sqlite,
}

/// A substring to search for, folded as the stored texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part(String);

/// A condition on a column. `around` is the SQL before the column, between column and value, and after the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    around: [&'static str; 3],
    value: String,
}

/// The most characters that are searched with LIKE, since LIKE compares them again at almost each character of the text.
const LIKE_CHARS: usize = 16;

impl Part {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A text contains the part if and only if it satisfies all of these conditions.
    pub(crate) fn conditions(&self, dialect: Dialect) -> Vec<Condition> {
        match dialect {
            Dialect::Postgres => self.conditions_of_postgres(),
            Dialect::Sqlite => vec![Condition { around: ["derslik_contains(", ", ", ")"], value: self.0.clone() }],
        }
    }

    /// LIKE rules out most texts quickly by the first characters. A longer part is also searched as a literal regular expression,
    /// for which PostgreSQL reads a text once.
    fn conditions_of_postgres(&self) -> Vec<Condition> {
        let first: String = self.0.chars().take(LIKE_CHARS).collect();
        let mut conditions = vec![Condition { around: ["", " LIKE ", ""], value: format!("%{}%", escaped(&first)) }];
        if first.len() < self.0.len() {
            conditions.push(Condition { around: ["", " ~ ", ""], value: format!("***={}", self.0) });
        }
        conditions
    }
}

impl Condition {
    /// The SQL of the condition on a column. `parameter` is the placeholder that is bound to [`value`](Self::value).
    pub(crate) fn on(&self, column: &str, parameter: &str) -> String {
        let [before, between, after] = self.around;
        format!("{before}{column}{between}{parameter}{after}")
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }
}

/// Escapes the wildcards of LIKE with a backslash.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The expression that is true where a column contains a part.
#[derive(Debug, Clone)]
pub(crate) struct Contains<C> {
    column: C,
    postgres: Vec<Condition>,
    sqlite: Vec<Condition>,
}

impl<C> Contains<C> {
    pub(crate) fn new(column: C, part: &Part) -> Self {
        Self { column, postgres: part.conditions(Dialect::Postgres), sqlite: part.conditions(Dialect::Sqlite) }
    }
}

impl<C: Expression> Expression for Contains<C> {
    type SqlType = Nullable<Bool>;
}

impl<C: ValidGrouping<Group>, Group> ValidGrouping<Group> for Contains<C> {
    type IsAggregate = C::IsAggregate;
}

impl<C: AppearsOnTable<Source>, Source> AppearsOnTable<Source> for Contains<C> {}

impl<C: SelectableExpression<Source>, Source> SelectableExpression<Source> for Contains<C> {}

/// No static id: the number of conditions depends on the part.
impl<C> QueryId for Contains<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Contains<C> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        walk(&self.column, &self.postgres, out)
    }
}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Contains<C> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        walk(&self.column, &self.sqlite, out)
    }
}

fn walk<'b, DB, C>(column: &'b C, conditions: &'b [Condition], mut out: AstPass<'_, 'b, DB>) -> QueryResult<()>
where
    DB: diesel::backend::Backend + HasSqlType<Text>,
    C: QueryFragment<DB>,
    String: ToSql<Text, DB>,
{
    out.push_sql("(");
    for (number, Condition { around: [before, between, after], value }) in conditions.iter().enumerate() {
        out.push_sql(if number > 0 { " AND " } else { "" });
        out.push_sql(before);
        column.walk_ast(out.reborrow())?;
        out.push_sql(between);
        out.push_bind_param::<Text, _>(value)?;
        out.push_sql(after);
    }
    out.push_sql(")");
    Ok(())
}

/// The functions that this program defines in SQLite.
mod of_sqlite {
    diesel::define_sql_function! {
        /// Whether a text has a part.
        #[sql_name = "derslik_contains"]
        fn contains(text: diesel::sql_types::Nullable<diesel::sql_types::Text>, part: diesel::sql_types::Text) -> diesel::sql_types::Bool;
    }
}

/// Defines the functions on a connection that statements use.
pub(crate) fn define_functions(conn: &mut SqliteConnection) -> QueryResult<()> {
    of_sqlite::contains_utils::register_impl(conn, |text: Option<String>, part: String| {
        text.is_some_and(|text| memmem::find(text.as_bytes(), part.as_bytes()).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_postgres(part: &str) -> Vec<String> {
        let conditions = Part::new(part).conditions(Dialect::Postgres);
        conditions.iter().map(|condition| condition.on("name_key", &format!("'{}'", condition.value()))).collect()
    }

    #[test]
    fn postgresql_searches_the_first_characters_with_like_and_a_longer_part_with_an_expression() {
        assert_eq!(of_postgres(r"50%_\"), [r"name_key LIKE '%50\%\_\\%'"]);
        assert_eq!(of_postgres("sixteen letters."), ["name_key LIKE '%sixteen letters.%'"]);
        let long = ["name_key LIKE '%ışık ve (ses) *d%'", "name_key ~ '***=ışık ve (ses) *dalgaları*'"];
        assert_eq!(of_postgres("ışık ve (ses) *dalgaları*"), long);
    }

    #[test]
    fn sqlite_searches_with_a_function_of_this_program() {
        let [condition] = <[Condition; 1]>::try_from(Part::new("50%").conditions(Dialect::Sqlite)).unwrap();
        assert_eq!((condition.on("name_key", "?7").as_str(), condition.value()), ("derslik_contains(name_key, ?7)", "50%"));
    }
}
