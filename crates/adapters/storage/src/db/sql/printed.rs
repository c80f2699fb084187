//! Finished statements as people read them.

use diesel::debug_query;
use diesel::query_builder::QueryBuilder;

use super::statement::{one_line, split_at_name};
use super::{Database, Each, Sql, Value};
use crate::db::text::Dialect;

/// A finished statement with the name of the file that shows it.
pub(crate) struct Printed {
    pub(crate) name: &'static str,
    pub(crate) file: String,
    pub(crate) text: String,
}

impl<DB: Database, R> Sql<'_, DB, R> {
    /// Prints the statement as it is sent, in lines and with its comments.
    pub(crate) fn printed(&self) -> Printed {
        let name = self.statement().name;
        let database = match DB::DIALECT {
            Dialect::Postgres => "postgres",
            Dialect::Sqlite => "sqlite",
        };
        let mut out = DB::QueryBuilder::default();
        self.print(&mut out, "");
        let text: String = out.finish().lines().map(|line| wrapped(line) + "\n").collect();
        let sent = debug_query::<DB, Self>(self).to_string();
        assert_eq!(sent.split(" -- binds: ").next(), Some(one_line(&text).as_str()), "{name}");
        Printed { name, file: format!("{name}.{database}.sql"), text }
    }

    /// Appends the text of the statement, with an indentation for all lines but the first.
    fn print(&self, out: &mut DB::QueryBuilder, indent: &str) {
        for (number, line) in without_indent(&self.statement().source).lines().enumerate() {
            if number > 0 {
                out.push_sql("\n");
                out.push_sql(indent);
            }
            let text = line.trim_start();
            let (space, _) = line.split_at(line.len() - text.len());
            let mut rest = line;
            while let Some((before, name, after)) = split_at_name(rest).filter(|_| !text.starts_with("--")) {
                out.push_sql(before);
                match self.value(name).unwrap() {
                    Value::Bound(_) => out.push_bind_param(),
                    Value::Text(text) => out.push_sql(text),
                    Value::Part(part) => part.print(out, &format!("{indent}{space}")),
                    Value::Each(each) => each.print(out),
                }
                rest = after;
            }
            out.push_sql(rest);
        }
    }
}

impl<DB: Database> Each<'_, DB> {
    fn print(&self, out: &mut DB::QueryBuilder) {
        out.push_sql(self.open);
        for position in 0..self.values.len() {
            if position > 0 {
                out.push_sql(self.between);
            }
            out.push_bind_param();
        }
        out.push_sql(self.close);
    }
}

/// A text without empty lines, and without the indentation that all of its lines share.
fn without_indent(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let indent = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    lines.iter().map(|line| &line[indent..]).collect::<Vec<_>>().join("\n")
}

/// A line in parts that are not wider than the sources. It is broken after a comma or before `AND`.
fn wrapped(line: &str) -> String {
    const WIDTH: usize = 140;
    let text = line.trim_start();
    let indent = " ".repeat(line.len() - text.len() + 4);
    let (mut done, mut rest) = (String::new(), line.to_owned());
    while rest.len() > WIDTH && !text.starts_with("--") {
        let places = [rest[..WIDTH].rfind(", ").map(|place| place + 1), rest[..WIDTH].rfind(" AND ")];
        let Some(place) = places.into_iter().flatten().max().filter(|place| *place > indent.len()) else { break };
        done = done + &rest[..place] + "\n";
        rest = format!("{indent}{}", rest[place..].trim_start());
    }
    done + &rest
}

#[cfg(test)]
mod tests {
    use diesel::pg::Pg;
    use diesel::sql_types::{BigInt, Bool, Text};
    use diesel::sqlite::Sqlite;

    use super::super::Statement;
    use super::*;

    static STATEMENT: Statement = Statement::new(
        "test_statement",
        "
        -- Compares :nothing.
        SELECT id::text FROM :table
        WHERE (:condition) AND id = :id
          -- The same value again.
          AND parent_id = :id AND at = '12:%M'",
    );

    fn statement<DB: Database>() -> Sql<'static, DB> {
        let condition = Sql::composed("condition", "name = :name OR :id".to_owned()).bind_in_both::<Bool, _>("id", true);
        let condition = condition.bind_in_both::<Text, _>("name", "a");
        Sql::of(&STATEMENT).bind_in_both::<BigInt, _>("id", 7_i64).text("table", "courses").part("condition", condition)
    }

    #[test]
    fn values_are_numbered_in_the_order_of_the_text() {
        let sent = debug_query::<Pg, _>(&statement::<Pg>()).to_string();
        let text = "SELECT id::text FROM courses WHERE (name = $1 OR $2) AND id = $3 AND parent_id = $4 AND at = '12:%M'";
        assert_eq!(sent, format!("{text} -- binds: [\"a\", true, 7, 7]"));
        let sent = debug_query::<Sqlite, _>(&statement::<Sqlite>()).to_string();
        assert!(sent.starts_with("SELECT id::text FROM courses WHERE (name = ? OR ?) AND id = ? AND parent_id = ?"), "{sent}");
    }

    #[test]
    fn a_printed_statement_keeps_its_lines_and_comments() {
        let text = "-- Compares :nothing.\nSELECT id::text FROM courses\nWHERE (name = $1 OR $2) AND id = $3\n  -- The same value again.\n  \
                    AND parent_id = $4 AND at = '12:%M'\n";
        let printed = statement::<Pg>().printed();
        assert_eq!((printed.file.as_str(), printed.text.as_str()), ("test_statement.postgres.sql", text));
    }

    #[test]
    fn a_long_line_is_broken_after_a_comma_or_before_an_and() {
        let (long, longer) = ("b".repeat(60), "c".repeat(80));
        assert_eq!(wrapped(&format!("  {long}, {long}, {long}, d")), format!("  {long}, {long},\n      {long}, d"));
        assert_eq!(wrapped(&format!("{long}, {long} AND {longer}")), format!("{long}, {long}\n    AND {longer}"));
    }

    #[test]
    fn a_name_without_a_value_is_an_error() {
        let error = Sql::<Pg>::composed("course_find", "SELECT :id".to_owned()).value("id").err().unwrap();
        assert_eq!(error.to_string(), "the statement course_find has no value id");
    }
}
