//! Checks what SQLite sorts for a list. SQLite holds in memory the rows that it sorts, so rows with texts must come out of an
//! index in order.
#![cfg(test)]

use derslik_domain::audit::{AuditFilter, SealSequence};
use derslik_domain::course::roster::{Roster, UserRef};
use derslik_domain::course::{CourseListForm, Viewer};
use derslik_domain::form::Field;
use derslik_domain::id::Id;
use derslik_domain::identity::{DataSubject, PersonFilterForm, Role};
use derslik_domain::job::{Action, JobFilter, JobStatus, NewJob, ReferenceId};
use derslik_domain::page::{OffsetPage, PageRequest};
use derslik_domain::rows::BatchSize;
use derslik_domain::session::FilterForm;
use derslik_ports::outbound::{StoreError, Stores};
use derslik_storage::{DatabaseUrl, DieselUnitOfWork, PoolSettings};
use derslik_testkit::builders::{account, attendee, course, guid, now, session, text, user};
use derslik_testkit::contract::Harness;
use derslik_testkit::statements::{record_statements, take_statements};
use diesel::sql_types::{Integer, Nullable, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};

type List = fn(&mut dyn Stores) -> Result<usize, StoreError>;

/// All lists that a client or an operator can request. Each finds something.
const LISTS: [(&str, List); 17] = [
    ("courses of the account", |stores| courses(stores, Role::Admin, CourseListForm::default())),
    ("courses of a member", |stores| courses(stores, Role::Member, CourseListForm::default())),
    ("courses with a word", |stores| {
        courses(stores, Role::Admin, CourseListForm { query: Field::Given("biyoloji".into()), ..CourseListForm::default() })
    }),
    ("courses of an owner", |stores| {
        courses(stores, Role::Admin, CourseListForm { owner: Some(UserRef::Me), ..CourseListForm::default() })
    }),
    ("the roster of a course", |stores| {
        let page = PageRequest { size: 1_000, after: None };
        Ok(stores.rosters().list(account().id, Id::new(1), Roster::Teachers, page)?.entries.len())
    }),
    ("the aliases of a course", |stores| {
        let page = PageRequest { size: 1_000, after: None };
        Ok(1 + stores.aliases().list(account().id, Id::new(1), Some(Id::new(3)), &page)?.entries.len())
    }),
    ("attendees", |stores| attendees(stores, PersonFilterForm::default())),
    ("attendees of a later page, by a part of their names", |stores| {
        let form = PersonFilterForm { name: text("ayşe"), page_number: Field::Given(2), ..PersonFilterForm::default() };
        attendees(stores, PersonFilterForm { page_size: Field::Given(2), ..form })
    }),
    ("people", |stores| {
        let filter = PersonFilterForm { surname: text("yıl"), ..PersonFilterForm::default() }.validate(100).unwrap();
        Ok(stores.users().list_people(account().id, &filter)?.len())
    }),
    ("sessions", |stores| {
        let filter = FilterForm { name: text("development"), ..FilterForm::default() }.validate().unwrap();
        Ok(stores.sessions().search(account().id, &filter)?.entries.len())
    }),
    ("jobs", |stores| {
        let page = PageRequest { size: 1_000, after: None };
        for project in [None, Some(Id::new(1))] {
            stores.jobs().list(account().id, project, page)?;
        }
        stores.jobs().list_shown(account().id, Id::new(1), page)?;
        stores.jobs().list_newest(account().id, Id::new(1), OffsetPage::at(10, 200).unwrap())?;
        Ok(1 + stores.projects().list(account().id, PageRequest { size: 1_000, after: None })?.len())
    }),
    ("jobs of an account, the newest first", |stores| {
        let all = JobFilter::default();
        let states = vec![JobStatus::Scheduled, JobStatus::Running, JobStatus::Cancelled, JobStatus::Failed];
        let completed = vec![JobStatus::Completed];
        let filters = [
            JobFilter { project: Some(Id::new(1)), ..all.clone() },
            JobFilter { states, action: Some(Action::Prune), ..all.clone() },
            JobFilter { states: completed, reference: ReferenceId::new("a").ok(), changed_since: Some(now()), ..all.clone() },
        ];
        for filter in filters {
            stores.jobs().search(account().id, &filter, Some(Id::new(9)), 100)?;
        }
        stores.jobs().count_by_status(account().id)?;
        Ok(stores.jobs().search(account().id, &all, None, 100)?.entries.len())
    }),
    ("what is due first", |stores| {
        stores.sessions().upcoming_ends(account().id, 20)?;
        Ok(stores.jobs().upcoming(account().id, Action::ALL.into_iter().collect(), 20)?.len())
    }),
    ("the newest audit records", |stores| {
        let about = ReferenceId::new("a@b").unwrap();
        for (about, job, from) in [(None, None, None), (Some(about), None, Some(now())), (None, Some(Id::new(1)), Some(now()))] {
            let filter = AuditFilter { about, job, from, ..AuditFilter::default() };
            stores.audit().latest(account().id, &filter, None, 1_000)?;
        }
        Ok(1)
    }),
    ("audit records", |stores| {
        let about = ReferenceId::new("a@b").unwrap();
        for (about, job) in [(None, None), (Some(about), None), (None, Some(Id::new(1)))] {
            let filter = AuditFilter { about, job, ..AuditFilter::default() };
            stores.audit().list(account().id, &filter, PageRequest { size: 1_000, after: None })?;
        }
        Ok(1)
    }),
    ("audit records and their seals", |stores| {
        stores.seals().unsealed(account().id, 1_000)?;
        stores.seals().sealed(account().id, SealSequence::START, 1_000)?;
        stores.seals().without_seal(account().id, PageRequest { size: 1_000, after: None })?;
        stores.seals().prunable(account().id, now(), 1_000)?;
        stores.seals().prune_unsealed(account().id, now(), 1_000)?;
        Ok(1)
    }),
    ("kept answers", |stores| {
        let who = DataSubject::new("user7", Vec::new());
        stores.idempotency().erase_naming(account().id, &who, None, BatchSize::DEFAULT)?;
        Ok(1)
    }),
];

fn courses(stores: &mut dyn Stores, role: Role, form: CourseListForm) -> Result<usize, StoreError> {
    let viewer = Viewer { principal: Id::new(2), role, is_operator: false };
    let filter = form.validate().unwrap().about(Id::new(2));
    Ok(stores.courses().list(account().id, viewer, &filter, PageRequest::new(None, None).unwrap())?.entries.len())
}

fn attendees(stores: &mut dyn Stores, form: PersonFilterForm) -> Result<usize, StoreError> {
    Ok(stores.attendees().list(account().id, guid(1), &form.validate(100).unwrap())?.len())
}

fn fill(harness: &Harness<DieselUnitOfWork>) {
    harness.write(|stores| {
        stores.identity().add_account(&account(), now())?;
        stores.users().add(account().id, &user(2))?;
        stores.courses().insert(account().id, &course(1))?;
        stores.jobs().enqueue(account().id, &NewJob::expire_sessions(now(), now()))?;
        stores.sessions().insert_many(account().id, &[&session(guid(1))])?;
        stores.attendees().insert_many(account().id, &[attendee(1, 1), attendee(1, 2), attendee(1, 3)])
    });
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Integer)]
    parent: i32,
    #[diesel(sql_type = Text)]
    detail: String,
}

diesel::define_sql_function! {
    /// The signature that the program defines.
    fn derslik_contains(text: Nullable<Text>, part: Text) -> diesel::sql_types::Bool;
}

/// Whether the values of a column are always short.
fn is_short(column: &str) -> bool {
    let column = column.trim().rsplit('.').next().unwrap_or_default().trim_matches('`');
    ["id", "guid", "session_guid", "start_at", "created_at", "kept_at", "course_id"].contains(&column)
}

#[test]
fn no_list_sorts_rows_with_texts_on_sqlite() {
    record_statements().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lists.sqlite");
    let url = DatabaseUrl::Sqlite(path.clone());
    url.migrate().unwrap();
    let harness = Harness::new(|runtime| DieselUnitOfWork::new(&url, PoolSettings::default(), runtime));
    fill(&harness);
    take_statements();
    for (about, list) in LISTS {
        assert!(harness.write(list) > 0, "{about}");
    }

    let texts = take_statements().into_iter().map(|statement| statement.text);
    let statements: Vec<_> = texts.filter(|text| text.starts_with("SELECT")).collect();
    assert!(statements.len() > LISTS.len(), "{statements:?}");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    // For a plan, SQLite only needs a function of that name.
    derslik_contains_utils::register_impl(&mut conn, |_: Option<String>, _: String| false).unwrap();
    for statement in statements {
        let plan: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut conn).unwrap();
        let steps: Vec<_> = plan.iter().map(|step| step.detail.as_str()).collect();
        // Only the outermost query reads more than keys.
        let sorts = plan.iter().any(|step| step.parent == 0 && step.detail.contains("TEMP B-TREE"));
        let columns = statement.strip_prefix("SELECT ").and_then(|rest| rest.split_once(" FROM ")).map_or("", |(columns, _)| columns);
        assert!(!sorts || columns.split(',').all(is_short), "{statement}\n{steps:?}");
    }
}
