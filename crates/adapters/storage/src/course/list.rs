//! The single statement that lists courses. Its SQL is put together here, from ranges of an index. Each course that the viewer
//! sees is found by its place in the list, so a page costs no more than the courses on it.

use derslik_domain::course::roster::{Membership, Roster};
use derslik_domain::course::{CourseCursor, CourseFilter, CourseOrder, CourseState, CourseStates, Viewer};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::rows::CourseRow;
use crate::db::rows::Lengthy;
use crate::db::sql::{Database, Sql};
use crate::db::text::{Condition, Dialect, Part};
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

/// The membership of the viewer in each course.
const VIEWER: &str = "LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND v.user_id = :viewer";

/// The courses of a page, each with the membership of the viewer. With the account as a condition on each table, a coordinator of shards
/// finds the shard. `OFFSET 0` keeps each lookup to itself: otherwise a planner might read all courses of the account for it.
const EACH_OF_PAGE: &str = "CROSS JOIN LATERAL (SELECT * FROM courses WHERE account_id = :account AND id = p.id OFFSET 0) c
LEFT JOIN LATERAL (
    SELECT membership FROM course_members WHERE account_id = :account AND course_id = c.id AND user_id = :viewer OFFSET 0
) v ON true";

/// The same on SQLite. The account comes from the page: with a parameter, SQLite would consider a scan of all courses of the account.
const EACH_OF_PAGE_ON_SQLITE: &str = "JOIN courses c ON c.account_id = p.account_id AND c.id = p.id
LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND v.user_id = :viewer";

/// The input that all parts of the text share.
struct Plan<'a> {
    viewer: Viewer,
    filter: &'a CourseFilter,
    page: PageRequest<CourseCursor>,
    /// The conditions for the words of the filter.
    words: &'a [Condition],
}

/// The statement for one page and the course after it. It is planned for its values, so a connection does not keep it.
pub(super) fn query<DB: Database>(
    account: AccountId,
    viewer: Viewer,
    filter: &CourseFilter,
    page: PageRequest<CourseCursor>,
) -> Sql<'static, DB> {
    let words: Vec<_> = filter.words.iter().flat_map(|word| Part::new(word.as_str()).conditions(DB::DIALECT)).collect();
    let plan = Plan { viewer, filter, page, words: &words };
    let mut query = match &filter.member {
        Some(member) => of_member(&plan, member.user.get(), memberships(member.roster)),
        None => match filter.owner {
            // The owner of a course is a member of it.
            Some(owner) => of_member(&plan, owner.get(), " AND m.membership = 'owner'"),
            None if viewer.sees_all() => Sql::composed("course_list_of_account", plan.of_account(DB::DIALECT)),
            None => of_member(&plan, viewer.principal.get(), ""),
        },
    };
    if let Some(owner) = filter.owner {
        query = query.bind_in_both::<BigInt, _>("owner", owner.get());
    }
    query = query
        .bind_in_both::<BigInt, _>("account", account.get())
        .bind_in_both::<BigInt, _>("viewer", viewer.principal.get())
        .bind_in_both::<BigInt, _>("limit", i64::from(page.size) + 1);
    if let Some(after) = page.after {
        query = query
            .bind_in_both::<Instant, _>("after_time", DbInstant(after.created_at))
            .bind_in_both::<BigInt, _>("after_id", after.id.get());
    }
    for (number, word) in words.iter().enumerate() {
        query = query.bind_in_both::<Text, _>(name_of_word(number), word.value().to_owned());
    }
    query.uncached()
}

fn of_member<DB: Database>(plan: &Plan<'_>, member: i64, memberships: &str) -> Sql<'static, DB> {
    let is_viewer = member == plan.viewer.principal.get();
    Sql::composed("course_list_of_member", plan.of_member(is_viewer, memberships)).bind_in_both::<BigInt, _>("member", member)
}

/// The condition that a member stands in a roster.
const fn memberships(roster: Roster) -> &'static str {
    match roster {
        Roster::Students => " AND m.membership = 'student'",
        Roster::Teachers => " AND m.membership IN ('owner', 'teacher')",
    }
}

fn name_of_word(number: usize) -> String {
    format!("word{number}")
}

impl Plan<'_> {
    /// All courses: the first entries of the index range of each state, merged.
    fn of_account(&self, dialect: Dialect) -> String {
        let each_of_page = match dialect {
            Dialect::Postgres => EACH_OF_PAGE,
            Dialect::Sqlite => EACH_OF_PAGE_ON_SQLITE,
        };
        let everyone = self.viewer.states_as(None);
        let owner: CourseStates =
            self.viewer.states_as(Some(Membership::Owner)).iter().filter(|state| !everyone.contains(*state)).collect();
        let seen = self.filter.states.iter().filter(|state| everyone.contains(*state) || owner.contains(*state));
        let mut ranges: Vec<_> = seen.map(|state| self.range(state, owner.contains(state))).collect();
        if ranges.is_empty() {
            ranges.push("\n        SELECT c.account_id, c.created_at, c.id FROM courses c WHERE 1 = 0".to_owned());
        }
        format!(
            "
SELECT {columns}, v.membership AS membership
FROM (
    SELECT k.account_id, k.created_at, k.id
    FROM ({ranges}
    ) k
    ORDER BY {merged} LIMIT :limit
) p
{each_of_page}
-- The page has this order already. With the columns of the courses here, SQLite would sort whole rows with their texts, and hold all
-- of them before the first is read.
ORDER BY {paged}",
            columns = CourseRow::columns("c"),
            ranges = ranges.join("\n        UNION ALL"),
            merged = self.order("k.created_at", "k.id"),
            paged = self.order("p.created_at", "p.id"),
        )
    }

    /// The courses in one state.
    fn range(&self, state: CourseState, only_own: bool) -> String {
        let own = if only_own { " AND c.owner_id = :viewer" } else { "" };
        format!(
            "
        SELECT * FROM (
            SELECT c.account_id, c.created_at, c.id FROM courses c
            WHERE c.account_id = :account AND c.state = {code}{own}{words}{after}
            ORDER BY {order} LIMIT :limit
        ) s{code}",
            code = state.code(),
            words = self.words(),
            after = self.after("c.created_at", "c.id"),
            order = self.order("c.created_at", "c.id"),
        )
    }

    /// The courses of one member that the viewer may see. `memberships` is the condition for the kind of member.
    fn of_member(&self, is_viewer: bool, memberships: &str) -> String {
        let (seen_as, viewer) = if is_viewer { ("m", "") } else { ("v", VIEWER) };
        let owner = if self.filter.member.is_some() && self.filter.owner.is_some() { " AND c.owner_id = :owner" } else { "" };
        format!(
            "
SELECT {columns}, {seen_as}.membership AS membership
FROM course_members m
JOIN courses c ON c.account_id = m.account_id AND c.id = m.course_id
{viewer}
WHERE m.account_id = :account AND m.user_id = :member{memberships}
    AND ({visible}){owner}{words}{after}
ORDER BY {order} LIMIT :limit",
            columns = CourseRow::columns("c"),
            visible = self.visibility(seen_as),
            words = self.words(),
            after = self.after("m.course_created_at", "m.course_id"),
            order = self.order("m.course_created_at", "m.course_id"),
        )
    }

    /// The states that the viewer may see, for each membership that the viewer can have.
    fn visibility(&self, seen_as: &str) -> String {
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
        if seen.is_empty() { "1 = 0".to_owned() } else { seen.join(" OR ") }
    }

    fn words(&self) -> String {
        let words = self.words.iter().enumerate();
        let conditions = words.map(|(number, word)| format!(" AND {}", word.on("c.search_key", &format!(":{}", name_of_word(number)))));
        conditions.collect::<Vec<_>>().concat()
    }

    fn after(&self, created_at: &str, id: &str) -> String {
        let follows = match self.filter.order {
            CourseOrder::NewestFirst => "<",
            CourseOrder::OldestFirst => ">",
        };
        if self.page.after.is_some() { format!(" AND ({created_at}, {id}) {follows} (:after_time, :after_id)") } else { String::new() }
    }

    fn order(&self, created_at: &str, id: &str) -> String {
        let direction = match self.filter.order {
            CourseOrder::NewestFirst => "DESC",
            CourseOrder::OldestFirst => "ASC",
        };
        format!("{created_at} {direction}, {id} {direction}")
    }
}
