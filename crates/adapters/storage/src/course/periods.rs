//! The repository of grading periods.

use chrono::NaiveDate;
use derslik_domain::course::CalendarDate;
use derslik_domain::course::grading_period::{GradingPeriod, GradingPeriodSettings, GradingPeriodTitle};
use derslik_domain::id::{AccountId, CourseId, Id};
use derslik_ports::outbound::{GradingPeriodRepository, StoreError};
use diesel::prelude::*;

use crate::db::conn::{DieselStores, on_conn};
use crate::db::schema::{courses, grading_periods};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = grading_periods)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct PeriodRow {
    account_id: i64,
    course_id: i64,
    id: i64,
    title: String,
    first_day: NaiveDate,
    last_day: NaiveDate,
}

impl TryFrom<PeriodRow> for GradingPeriod {
    type Error = StoreError;

    fn try_from(row: PeriodRow) -> Result<Self, StoreError> {
        let corrupt = |column| StoreError::Corrupt { table: "grading_periods", column };
        Ok(Self {
            id: Id::new(row.id),
            title: GradingPeriodTitle::new(row.title).map_err(|_| corrupt("title"))?,
            start: CalendarDate::from_naive(row.first_day).ok_or_else(|| corrupt("first_day"))?,
            end: CalendarDate::from_naive(row.last_day).ok_or_else(|| corrupt("last_day"))?,
        })
    }
}

impl GradingPeriodRepository for DieselStores<'_> {
    fn find(&mut self, account: AccountId, course: CourseId) -> Result<GradingPeriodSettings, StoreError> {
        let of_course = grading_periods::table
            .filter(grading_periods::account_id.eq(account.get()))
            .filter(grading_periods::course_id.eq(course.get()))
            .order((grading_periods::first_day, grading_periods::id));
        let rows: Vec<PeriodRow> = self.query(|conn| on_conn!(conn, |conn| of_course.select(PeriodRow::as_select()).load(conn)))?;
        let flag = courses::table.find((account.get(), course.get())).select(courses::apply_grading_periods);
        let apply: Option<bool> = self.query(|conn| on_conn!(conn, |conn| flag.first(conn).optional()))?;
        let periods = rows.into_iter().map(GradingPeriod::try_from).collect::<Result<_, _>>()?;
        GradingPeriodSettings::new(periods, apply.unwrap_or(false))
            .map_err(|_| StoreError::Corrupt { table: "grading_periods", column: "first_day" })
    }

    fn replace(&mut self, account: AccountId, course: CourseId, settings: &GradingPeriodSettings) -> Result<(), StoreError> {
        let old = grading_periods::table
            .filter(grading_periods::account_id.eq(account.get()))
            .filter(grading_periods::course_id.eq(course.get()));
        self.query(|conn| on_conn!(conn, |conn| diesel::delete(old).execute(conn)))?;
        // There are at most a hundred rows of six columns, so one statement inserts them all.
        let rows: Vec<_> = settings
            .periods()
            .iter()
            .map(|period| PeriodRow {
                account_id: account.get(),
                course_id: course.get(),
                id: period.id.get(),
                title: period.title.to_string(),
                first_day: period.start.to_naive(),
                last_day: period.end.to_naive(),
            })
            .collect();
        self.query(|conn| on_conn!(conn, |conn| diesel::insert_into(grading_periods::table).values(&rows).execute(conn)))?;
        let flag = courses::apply_grading_periods.eq(settings.applies_to_existing_coursework());
        let row = courses::table.find((account.get(), course.get()));
        self.query(|conn| on_conn!(conn, |conn| diesel::update(row).set(flag).execute(conn))).map(drop)
    }
}
