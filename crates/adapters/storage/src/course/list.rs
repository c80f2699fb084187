//! The single statement that lists courses. Its SQL is put together here, from ranges of an index. Each course that the viewer
//! sees is found by its place in the list, so a page costs no more than the courses on it.

use derslik_domain::course::{CourseCursor, CourseFilter, CourseOrder, CourseState, CourseStates, Membership, Roster, Viewer};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use diesel::QueryableByName;
use diesel::backend::Backend;
use diesel::query_builder::BoxedSqlQuery;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text};

use super::rows::CourseRow;
use crate::db::rows::Lengthy;
use crate::db::text::{Dialect, Part};
use crate::db::types::{DbInstant, Instant};

/// A course of a list, with the membership of the viewer.
#[derive(Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct ListedRow {
    #[diesel(embed)]
    pub(super) course: CourseRow,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) membership: Option<String>,
}

impl Lengthy for ListedRow {
    fn text_bytes(&self) -> usize {
        self.course.text_bytes()
    }
}

/// A statement with its parameters. Both databases use the same names for them.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) text: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
enum Parameter {
    Number(i64),
    Moment(DbInstant),
    Words(String),
}

impl Query {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The name of a parameter. Each parameter is used once, where it is named, so its name is its position.
    fn name(&mut self, parameter: Parameter) -> String {
        self.parameters.push(parameter);
        format!("${}", self.parameters.len())
    }

    /// Appends a parameter.
    fn bind(&mut self, parameter: Parameter) {
        let name = self.name(parameter);
        self.push(&name);
    }

    fn number(&mut self, before: &str, number: i64) {
        self.push(before);
        self.bind(Parameter::Number(number));
    }

    /// The statement with its parameters, for one database.
    pub(super) fn bound<DB>(&self) -> BoxedSqlQuery<'_, DB, diesel::query_builder::SqlQuery>
    where
        DB: Backend + HasSqlType<BigInt> + HasSqlType<Text> + HasSqlType<Instant>,
        i64: ToSql<BigInt, DB>,
        String: ToSql<Text, DB>,
        DbInstant: ToSql<Instant, DB>,
    {
        let mut query = diesel::sql_query(self.text.clone()).into_boxed();
        for parameter in &self.parameters {
            query = match parameter {
                Parameter::Number(number) => query.bind::<BigInt, _>(*number),
                Parameter::Moment(moment) => query.bind::<Instant, _>(*moment),
                Parameter::Words(words) => query.bind::<Text, _>(words.clone()),
            };
        }
        query
    }
}

/// The input that all parts of the statement share.
struct Plan<'a> {
    account: AccountId,
    viewer: Viewer,
    filter: &'a CourseFilter,
    page: PageRequest<CourseCursor>,
    dialect: Dialect,
}

/// The statement for one page and the course after it.
pub(super) fn query(account: AccountId, viewer: Viewer, filter: &CourseFilter, page: PageRequest<CourseCursor>, dialect: Dialect) -> Query {
    let plan = Plan { account, viewer, filter, page, dialect };
    let mut query = Query::default();
    match &filter.member {
        None if viewer.sees_all() => plan.of_account(&mut query),
        None => plan.of_member(&mut query, viewer.principal.get(), None),
        Some(member) => plan.of_member(&mut query, member.user.get(), Some(member.roster)),
    }
    query
}

impl Plan<'_> {
    /// All courses: the first entries of the index range of each state, merged.
    fn of_account(&self, query: &mut Query) {
        let everybody = self.viewer.states_as(None);
        let owner: CourseStates =
            self.viewer.states_as(Some(Membership::Owner)).iter().filter(|state| !everybody.contains(*state)).collect();
        query.push(&format!(
            "SELECT {}, v.membership AS membership FROM (SELECT k.account_id, k.created_at, k.id FROM (",
            CourseRow::columns("c")
        ));
        let mut is_first = true;
        for state in self.filter.states.iter().filter(|state| everybody.contains(*state) || owner.contains(*state)) {
            if !is_first {
                query.push(" UNION ALL ");
            }
            is_first = false;
            self.stretch(query, state, owner.contains(state));
        }
        if is_first {
            query.push("SELECT c.account_id, c.created_at, c.id FROM courses c WHERE 1 = 0");
        }
        query.push(") k");
        self.order(query, "k.created_at", "k.id");
        self.limit(query);
        // The account comes from the page. With a parameter here, SQLite would consider a scan of all courses of the account.
        query.push(") p JOIN courses c ON c.account_id = p.account_id AND c.id = p.id");
        self.viewer_join(query);
        // The page has this order already. With the columns of the courses here, SQLite would sort whole rows
        // with their texts, and hold all of them before the first is read.
        self.order(query, "p.created_at", "p.id");
    }

    /// The courses in one state.
    fn stretch(&self, query: &mut Query, state: CourseState, only_own: bool) {
        query.number("SELECT * FROM (SELECT c.account_id, c.created_at, c.id FROM courses c WHERE c.account_id = ", self.account.get());
        query.push(&format!(" AND c.state = {}", state.code()));
        if only_own {
            query.number(" AND c.owner_id = ", self.viewer.principal.get());
        }
        self.words(query);
        self.after(query, "c.created_at", "c.id");
        self.order(query, "c.created_at", "c.id");
        self.limit(query);
        query.push(&format!(") s{}", state.code()));
    }

    /// The courses of one member that the viewer may see.
    fn of_member(&self, query: &mut Query, member: i64, roster: Option<Roster>) {
        let is_viewer = member == self.viewer.principal.get();
        let seen_as = if is_viewer { "m" } else { "v" };
        query.push(&format!("SELECT {}, {seen_as}.membership AS membership", CourseRow::columns("c")));
        query.push(" FROM course_members m JOIN courses c ON c.account_id = m.account_id AND c.id = m.course_id");
        if !is_viewer {
            self.viewer_join(query);
        }
        query.number(" WHERE m.account_id = ", self.account.get());
        query.number(" AND m.user_id = ", member);
        match roster {
            None => {}
            Some(Roster::Students) => query.push(" AND m.membership = 'student'"),
            Some(Roster::Teachers) => query.push(" AND m.membership IN ('owner', 'teacher')"),
        }
        self.visibility(query, seen_as);
        self.words(query);
        self.after(query, "m.course_created_at", "m.course_id");
        self.order(query, "m.course_created_at", "m.course_id");
        self.limit(query);
    }

    fn viewer_join(&self, query: &mut Query) {
        query.push(" LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND v.user_id = ");
        query.bind(Parameter::Number(self.viewer.principal.get()));
    }

    /// The states that the viewer may see, for each membership that the viewer can have.
    fn visibility(&self, query: &mut Query, seen_as: &str) {
        let members = Membership::ALL.map(|membership| (format!("{seen_as}.membership = '{}'", membership.name()), Some(membership)));
        let all = members.into_iter().chain([(format!("{seen_as}.membership IS NULL"), None)]);
        let seen: Vec<String> = all
            .filter_map(|(condition, membership)| {
                let states = self.viewer.states_as(membership);
                let states: Vec<String> =
                    self.filter.states.iter().filter(|state| states.contains(*state)).map(|state| state.code().to_string()).collect();
                (!states.is_empty()).then(|| format!("({condition} AND c.state IN ({}))", states.join(", ")))
            })
            .collect();
        let seen = if seen.is_empty() { "1 = 0".to_owned() } else { seen.join(" OR ") };
        query.push(&format!(" AND ({seen})"));
    }

    fn words(&self, query: &mut Query) {
        for word in &self.filter.words {
            for condition in Part::new(word.as_str()).conditions(self.dialect) {
                let parameter = query.name(Parameter::Words(condition.value().to_owned()));
                query.push(&format!(" AND {}", condition.on("c.search_key", &parameter)));
            }
        }
    }

    fn after(&self, query: &mut Query, created_at: &str, id: &str) {
        let Some(cursor) = self.page.after else { return };
        let follows = match self.filter.order {
            CourseOrder::NewestFirst => "<",
            CourseOrder::OldestFirst => ">",
        };
        query.push(&format!(" AND ({created_at}, {id}) {follows} ("));
        query.bind(Parameter::Moment(DbInstant(cursor.created_at)));
        query.number(", ", cursor.id.get());
        query.push(")");
    }

    fn order(&self, query: &mut Query, created_at: &str, id: &str) {
        let direction = match self.filter.order {
            CourseOrder::NewestFirst => "DESC",
            CourseOrder::OldestFirst => "ASC",
        };
        query.push(&format!(" ORDER BY {created_at} {direction}, {id} {direction}"));
    }

    fn limit(&self, query: &mut Query) {
        query.number(" LIMIT ", i64::from(self.page.size) + 1);
    }
}
