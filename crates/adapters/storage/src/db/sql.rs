//! Statements that are written by hand: the text names its values, and diesel numbers them as the database does. This module does
//! not know any table.

#[cfg(test)]
pub(crate) mod printed;
mod statement;

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::connection::Connection;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};
use diesel::sqlite::Sqlite;

pub(crate) use self::statement::Statement;
use self::statement::split_at_name;
use crate::db::text::Dialect;

/// One of the two databases. Code that is generic over it writes a statement once for both.
pub(crate) trait Database: Backend<QueryBuilder: Default> + Default {
    /// The dialect of its SQL.
    const DIALECT: Dialect;

    /// A value that both databases take.
    fn bound<'a, T, V>(value: V) -> Value<'a, Self>
    where
        Pg: HasSqlType<T>,
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Pg> + ToSql<T, Sqlite> + 'a,
        T: 'a;
}

impl Database for Pg {
    const DIALECT: Dialect = Dialect::Postgres;

    fn bound<'a, T, V>(value: V) -> Value<'a, Self>
    where
        Pg: HasSqlType<T>,
        V: ToSql<T, Pg> + 'a,
        T: 'a,
    {
        Value::bound::<T, V>(value)
    }
}

impl Database for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn bound<'a, T, V>(value: V) -> Value<'a, Self>
    where
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Sqlite> + 'a,
        T: 'a,
    {
        Value::bound::<T, V>(value)
    }
}

enum Text {
    Written(&'static Statement),
    Composed(Statement),
}

/// What a name in a text stands for.
pub(crate) enum Value<'a, DB: Backend> {
    /// A value that is sent beside the text.
    Bound(Box<dyn QueryFragment<DB> + 'a>),
    /// A part of the text.
    Text(Cow<'static, str>),
    /// A part of the text that has values of its own.
    Part(Sql<'a, DB>),
    /// Many values, each between the same texts.
    Each(Each<'a, DB>),
}

/// Values in a row: `open`, then the values with `between` after each but the last, then `close`.
pub(crate) struct Each<'a, DB: Backend> {
    pub(super) open: &'static str,
    pub(super) between: &'static str,
    pub(super) close: &'static str,
    pub(super) values: Vec<Box<dyn QueryFragment<DB> + 'a>>,
}

impl<'a, DB: Backend> Value<'a, DB> {
    pub(super) fn bound<T, V>(value: V) -> Self
    where
        DB: HasSqlType<T>,
        V: ToSql<T, DB> + 'a,
        T: 'a,
    {
        Self::Bound(bound::<DB, T, V>(value))
    }
}

/// A value that is sent beside the text.
pub(super) fn bound<'a, DB, T, V>(value: V) -> Box<dyn QueryFragment<DB> + 'a>
where
    DB: Backend + HasSqlType<T>,
    V: ToSql<T, DB> + 'a,
    T: 'a,
{
    Box::new(Bound { value, sql_type: PhantomData::<T> })
}

/// A value with its SQL type.
struct Bound<T, V> {
    value: V,
    sql_type: PhantomData<T>,
}

impl<DB, T, V> QueryFragment<DB> for Bound<T, V>
where
    DB: Backend + HasSqlType<T>,
    V: ToSql<T, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_bind_param::<T, V>(&self.value)
    }
}

/// A statement with its values. Its rows have columns of the SQL types `R`; untyped columns are found by their names.
///
/// A connection prepares the text once and keeps it, unless the statement is [`uncached`](Self::uncached).
pub(crate) struct Sql<'a, DB: Backend, R = Untyped> {
    text: Text,
    values: Vec<(Cow<'static, str>, Value<'a, DB>)>,
    is_cached: bool,
    row: PhantomData<R>,
}

impl<DB: Backend> Sql<'_, DB> {
    /// A statement whose text is written down.
    pub(crate) fn of(statement: &'static Statement) -> Self {
        Self::new(Text::Written(statement))
    }

    /// A statement, or a part of one, whose text depends on the request.
    pub(crate) fn composed(name: &'static str, text: String) -> Self {
        Self::new(Text::Composed(Statement::composed(name, text)))
    }

    fn new(text: Text) -> Self {
        Self { text, values: Vec::new(), is_cached: true, row: PhantomData }
    }
}

impl<'a, DB: Backend, R> Sql<'a, DB, R> {
    /// Binds a value wherever the text has its name.
    pub(crate) fn bind<T, V>(self, name: impl Into<Cow<'static, str>>, value: V) -> Self
    where
        DB: HasSqlType<T>,
        V: ToSql<T, DB> + 'a,
        T: 'a,
    {
        self.with(name.into(), Value::bound::<T, V>(value))
    }

    /// Binds a value in a statement of either database.
    pub(crate) fn bind_in_both<T, V>(self, name: impl Into<Cow<'static, str>>, value: V) -> Self
    where
        DB: Database,
        Pg: HasSqlType<T>,
        Sqlite: HasSqlType<T>,
        V: ToSql<T, Pg> + ToSql<T, Sqlite> + 'a,
        T: 'a,
    {
        self.with(name.into(), DB::bound::<T, V>(value))
    }

    /// Puts a text in the place of its name.
    pub(crate) fn text(self, name: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        self.with(name.into(), Value::Text(text.into()))
    }

    /// Puts another statement in the place of its name.
    pub(crate) fn part<R2>(self, name: &'static str, part: Sql<'a, DB, R2>) -> Self {
        self.with(name.into(), Value::Part(part.returning()))
    }

    /// Names the SQL types of the columns of its rows.
    pub(crate) fn returning<R2>(self) -> Sql<'a, DB, R2> {
        let Self { text, values, is_cached, row: PhantomData } = self;
        Sql { text, values, is_cached, row: PhantomData }
    }

    /// A connection does not keep the prepared statement: its text varies too much, or each of its values deserves its own plan.
    pub(crate) fn uncached(self) -> Self {
        Self { is_cached: false, ..self }
    }

    pub(super) fn with(mut self, name: Cow<'static, str>, value: Value<'a, DB>) -> Self {
        self.values.push((name, value));
        self
    }

    fn statement(&self) -> &Statement {
        match &self.text {
            Text::Written(statement) => statement,
            Text::Composed(statement) => statement,
        }
    }

    fn value(&self, name: &str) -> QueryResult<&Value<'a, DB>> {
        let value = self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        value.ok_or_else(|| Error::QueryBuilderError(format!("the statement {} has no value {name}", self.statement().name).into()))
    }
}

impl<DB: Backend, R> QueryFragment<DB> for Sql<'_, DB, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.is_cached {
            out.unsafe_to_cache_prepared();
        }
        let mut rest = self.statement().sent();
        while let Some((before, name, after)) = split_at_name(rest) {
            out.push_sql(before);
            match self.value(name)? {
                Value::Bound(value) => value.walk_ast(out.reborrow())?,
                Value::Text(text) => out.push_sql(text),
                Value::Part(part) => part.walk_ast(out.reborrow())?,
                Value::Each(each) => each.walk_ast(out.reborrow())?,
            }
            rest = after;
        }
        out.push_sql(rest);
        Ok(())
    }
}

impl<DB: Backend> QueryFragment<DB> for Each<'_, DB> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(self.open);
        for (position, value) in self.values.iter().enumerate() {
            if position > 0 {
                out.push_sql(self.between);
            }
            value.walk_ast(out.reborrow())?;
        }
        out.push_sql(self.close);
        Ok(())
    }
}

impl<DB: Backend, R> QueryId for Sql<'_, DB, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend, R> Query for Sql<'_, DB, R> {
    type SqlType = R;
}

impl<Conn: Connection, R> RunQueryDsl<Conn> for Sql<'_, Conn::Backend, R> {}
