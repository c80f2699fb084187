//! The single statement that lists courses. Its SQL is put together here, from ranges of an index. Each course that the viewer
//! sees is found by its place in the list, so a page costs no more than the courses on it.
//!
//! To plan such a statement takes longer than to run it, so a connection prepares the lists that clients ask for again and again. Their
//! limits are written into the text: with a parameter, PostgreSQL would plan for a tenth of all courses.

use derslik_domain::course::roster::{Membership, Roster};
use derslik_domain::course::{CourseCursor, CourseFilter, CourseOrder, CourseState, CourseStates, Viewer};
use derslik_domain::id::AccountId;
use derslik_domain::page::PageRequest;
use diesel::dsl::SqlTypeOf;
use diesel::pg::Pg;
use diesel::prelude::Selectable;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::rows::CourseRow;
use crate::db::rows::Lengthy;
use crate::db::sql::{Database, Sql};
use crate::db::text::{Condition, Dialect, Part};
use crate::db::types::{DbInstant, Instant};

/// A course of a list, and the membership of the viewer if the list reads it.
pub(super) type ListedRow = (CourseRow, Option<String>);

/// The SQL types of a [`ListedRow`], on both databases.
pub(super) type Columns = (SqlTypeOf<<CourseRow as Selectable<Pg>>::SelectExpression>, Nullable<Text>);

impl Lengthy for ListedRow {
    fn text_bytes(&self) -> usize {
        self.0.text_bytes()
    }
}

/// The sizes of pages whose statements a connection keeps.
const COMMON_SIZES: [u32; 6] = [10, 20, 50, PageRequest::<CourseCursor>::DEFAULT_SIZE, 500, PageRequest::<CourseCursor>::MAX_SIZE];

/// The membership of the viewer in each course.
const VIEWER: &str = "LEFT JOIN course_members v ON v.account_id = c.account_id AND v.course_id = c.id AND v.user_id = :viewer";

/// The input that all parts of the text share.
struct Plan<'a> {
    viewer: Viewer,
    filter: &'a CourseFilter,
    page: PageRequest<CourseCursor>,
    /// The conditions for the words of the filter.
    words: &'a [Condition],
}

/// The statement for one page and the course after it.
pub(super) fn query<DB: Database>(
    account: AccountId,
    viewer: Viewer,
    filter: &CourseFilter,
    page: PageRequest<CourseCursor>,
) -> Sql<'static, DB, Columns> {
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
    query = query.bind_in_both::<BigInt, _>("account", account.get()).bind_in_both::<BigInt, _>("viewer", viewer.principal.get());
    if let Some(after) = page.after {
        query = query
            .bind_in_both::<Instant, _>("after_time", DbInstant(after.created_at))
            .bind_in_both::<BigInt, _>("after_id", after.id.get());
    }
    for (number, word) in words.iter().enumerate() {
        query = query.bind_in_both::<Text, _>(name_of_word(number), word.value().to_owned());
    }
    let query = if is_kept(viewer, filter, page.size) { query } else { query.uncached() };
    query.returning()
}

/// Whether a connection keeps the prepared statement. It keeps at most 192: for 6 sizes of pages, 2 orders, first pages and later ones,
/// all states or the active courses, and 4 kinds of lists. These are the courses of the account for an administrator, and for a member
/// those where it is a member, a teacher, or a student. Clients ask for a few of them. Any other list is planned for its values.
pub(super) fn is_kept(viewer: Viewer, filter: &CourseFilter, size: u32) -> bool {
    let is_common = filter.states.iter().eq(CourseState::ALL) || filter.states.iter().eq([CourseState::Active]);
    let is_own = filter.member.as_ref().is_none_or(|member| member.user == viewer.principal);
    let is_for_all = viewer.sees_all() && filter.member.is_none();
    COMMON_SIZES.contains(&size)
        && is_common
        && filter.words.is_empty()
        && filter.owner.is_none()
        && !viewer.is_operator
        && (is_for_all || (is_own && !viewer.sees_all()))
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
    /// All courses: the first entries of the index range of each state, merged. Viewers who see them all see no more of one as its
    /// members, so no membership is read.
    fn of_account(&self, dialect: Dialect) -> String {
        let everyone = self.viewer.states_as(None);
        let owner: CourseStates =
            self.viewer.states_as(Some(Membership::Owner)).iter().filter(|state| !everyone.contains(*state)).collect();
        let seen = self.filter.states.iter().filter(|state| everyone.contains(*state) || owner.contains(*state));
        let columns = match dialect {
            Dialect::Postgres => "c.*",
            Dialect::Sqlite => "c.account_id, c.created_at, c.id",
        };
        let mut ranges: Vec<_> = seen.map(|state| self.range(state, owner.contains(state), columns)).collect();
        if ranges.is_empty() {
            ranges.push(format!("\n        SELECT {columns} FROM courses c WHERE 1 = 0"));
        }
        let ranges = ranges.join("\n        UNION ALL");
        match dialect {
            // The rows come out of each range in order, and PostgreSQL merges as many of them as the page needs.
            Dialect::Postgres => format!(
                "
SELECT {columns}, NULL AS membership
FROM ({ranges}
) p
ORDER BY {order} LIMIT {limit}",
                columns = CourseRow::columns("p"),
                order = self.order("p.created_at", "p.id"),
                limit = self.limit(),
            ),
            Dialect::Sqlite => format!(
                "
SELECT {columns}, NULL AS membership
FROM (
    SELECT k.account_id, k.created_at, k.id
    FROM ({ranges}
    ) k
    ORDER BY {merged} LIMIT {limit}
) p
-- The account comes from the page. With a parameter here, SQLite would consider a scan of all courses of the account.
JOIN courses c ON c.account_id = p.account_id AND c.id = p.id
-- The page has this order already. With the columns of the courses here, SQLite would sort whole rows with their texts, and hold all
-- of them before the first is read.
ORDER BY {paged}",
                columns = CourseRow::columns("c"),
                merged = self.order("k.created_at", "k.id"),
                paged = self.order("p.created_at", "p.id"),
                limit = self.limit(),
            ),
        }
    }

    /// The courses in one state. The index of the range has the search keys on SQLite, so that courses without the words cost an entry
    /// of it each, and no row.
    fn range(&self, state: CourseState, only_own: bool, columns: &str) -> String {
        let own = if only_own { " AND c.owner_id = :viewer" } else { "" };
        format!(
            "
        SELECT * FROM (
            SELECT {columns} FROM courses c
            WHERE c.account_id = :account AND c.state = {code}{own}{words}{after}
            ORDER BY {order} LIMIT {limit}
        ) s{code}",
            code = state.code(),
            words = self.words(),
            after = self.after("c.created_at", "c.id"),
            order = self.order("c.created_at", "c.id"),
            limit = self.limit(),
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
ORDER BY {order} LIMIT {limit}",
            columns = CourseRow::columns("c"),
            visible = self.visibility(seen_as),
            words = self.words(),
            after = self.after("m.course_created_at", "m.course_id"),
            order = self.order("m.course_created_at", "m.course_id"),
            limit = self.limit(),
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

    /// One course more than the page has tells whether there is another page.
    fn limit(&self) -> u32 {
        self.page.size.saturating_add(1)
    }

    fn order(&self, created_at: &str, id: &str) -> String {
        let direction = match self.filter.order {
            CourseOrder::NewestFirst => "DESC",
            CourseOrder::OldestFirst => "ASC",
        };
        format!("{created_at} {direction}, {id} {direction}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use derslik_domain::course::{CourseListForm, MemberFilter};
    use derslik_domain::id::Id;
    use derslik_domain::identity::Role;
    use derslik_domain::time::Timestamp;
    use diesel::sqlite::Sqlite;

    use super::*;

    const SIZES: [u32; 9] = [1, 10, 20, 37, 50, 100, 500, 999, 1_000];

    /// Filters of all kinds, for a user and for another one.
    fn filters() -> Vec<CourseFilter> {
        let all: CourseFilter = CourseListForm::default().validate().unwrap().about(Id::new(0));
        let states = CourseState::ALL.map(|state| CourseStates::from_iter([state]));
        let some = CourseStates::from_iter([CourseState::Active, CourseState::Archived]);
        let states: Vec<CourseStates> = states.into_iter().chain([all.states, some]).collect();
        let members = [Roster::Students, Roster::Teachers]
            .into_iter()
            .flat_map(|roster| [3, 4].map(|user| Some(MemberFilter { roster, user: Id::new(user) })));
        let mut filters = Vec::new();
        for member in members.chain([None]) {
            for states in &states {
                for order in [CourseOrder::NewestFirst, CourseOrder::OldestFirst] {
                    let filter = CourseFilter { member: member.clone(), states: *states, order, ..all.clone() };
                    let owned = CourseFilter { owner: Some(Id::new(3)), ..filter.clone() };
                    let searched = CourseFilter { words: vec!["fizik".to_owned()], ..filter.clone() };
                    filters.extend([filter, owned, searched]);
                }
            }
        }
        filters
    }

    #[test]
    fn a_connection_keeps_a_bounded_number_of_lists() {
        let viewer = |user, role, is_operator| Viewer { principal: Id::new(user), role, is_operator };
        let viewers =
            [viewer(3, Role::Member, false), viewer(4, Role::Member, false), viewer(3, Role::Admin, false), viewer(4, Role::Admin, true)];
        let later = CourseCursor { created_at: Timestamp::MIN, id: Id::new(5) };
        let (mut postgres, mut sqlite) = (BTreeSet::new(), BTreeSet::new());
        for filter in filters() {
            for viewer in viewers {
                for size in SIZES.into_iter().filter(|size| is_kept(viewer, &filter, *size)) {
                    for after in [None, Some(later)] {
                        let page = PageRequest { size, after };
                        postgres.insert(query::<Pg>(AccountId::new(1), viewer, &filter, page).printed().text);
                        sqlite.insert(query::<Sqlite>(AccountId::new(1), viewer, &filter, page).printed().text);
                    }
                }
            }
        }
        assert_eq!((postgres.len(), sqlite.len()), (192, 192));
    }
}
