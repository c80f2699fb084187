//! Projects.

use derslik_domain::id::{Id, ProjectId};
use derslik_domain::job::{Platform, Project, ProjectName};
use derslik_domain::page::PageRequest;
use derslik_ports::outbound::{Conflict, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, now, other_account};

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_project_comes_back_as_it_was_stored", run: round_trip },
        Case { name: "a_project_is_added_once", run: adding_twice },
        Case { name: "two_projects_of_an_account_have_neither_key_nor_name_in_common", run: uniqueness },
        Case { name: "projects_of_another_account_are_not_found", run: isolation },
        Case { name: "new_ids_of_projects_are_never_the_same", run: new_ids },
    ]
}

fn project(id: i64, key: &str, name: &str) -> Project {
    Project {
        id: Id::new(id),
        key: key.parse().expect("a valid key"),
        name: ProjectName::new(name).expect("a valid name"),
        platform: Platform::Ios,
        created_at: now(),
    }
}

const KEY: &str = "3sWXSsqHgSKnE87YkNJK";
const OTHER_KEY: &str = "3swxssqhgskne87yknjk";
const THIRD_KEY: &str = "9A8B7C6D5E4F3G2H1J0K";

fn set_up<U: UnitOfWork>(harness: &Harness<U>) {
    harness.write(|stores| {
        stores.identity().add_account(&account(), now())?;
        stores.identity().add_account(&other_account(), now())?;
        stores.projects().add(account().id, &project(1, KEY, "Işık"))
    });
}

fn after(id: Option<i64>, size: u32) -> PageRequest<ProjectId> {
    PageRequest { size, after: id.map(Id::new) }
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let found = harness.read(|stores| stores.projects().find_by_key(account().id, &KEY.parse().expect("a valid key")));
    assert_eq!(found, Some(project(1, KEY, "Işık")));
    harness.write(|stores| stores.projects().add(account().id, &project(7, OTHER_KEY, "Demo")));
    let all = harness.read(|stores| stores.projects().list(account().id, after(None, 3)));
    assert_eq!(all, [project(1, KEY, "Işık"), project(7, OTHER_KEY, "Demo")]);
    assert_eq!(harness.read(|stores| stores.projects().list(account().id, after(None, 1))), [project(1, KEY, "Işık")]);
    assert_eq!(harness.read(|stores| stores.projects().list(account().id, after(Some(1), 3))), [project(7, OTHER_KEY, "Demo")]);
}

fn adding_twice<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    assert!(!harness.write(|stores| stores.projects().add(account().id, &project(1, OTHER_KEY, "Another"))));
    assert_eq!(harness.read(|stores| stores.projects().list(account().id, after(None, 3))), [project(1, KEY, "Işık")]);
}

fn uniqueness<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let add = |project| harness.try_write(move |stores| stores.projects().add(account().id, &project));
    let key = add(project(2, KEY, "Demo"));
    assert!(matches!(key, Err(StoreError::Conflict(Conflict::ProjectKey))), "{key:?}");
    for same in ["IŞıK", "is\u{327}ık"] {
        let name = add(project(2, OTHER_KEY, same));
        assert!(matches!(name, Err(StoreError::Conflict(Conflict::ProjectName))), "{same}: {name:?}");
    }
    assert!(matches!(add(project(3, THIRD_KEY, "Işik")), Ok(true)), "the dotless i is a letter of its own");
    assert!(harness.write(|stores| stores.projects().add(other_account().id, &project(1, KEY, "Işık"))), "another account may");
}

fn isolation<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let found = harness.read(|stores| stores.projects().find_by_key(other_account().id, &KEY.parse().expect("a valid key")));
    assert_eq!(found, None);
    assert!(harness.read(|stores| stores.projects().list(other_account().id, after(None, 3))).is_empty());
}

fn new_ids<U: UnitOfWork>(harness: &Harness<U>) {
    set_up(harness);
    let add = |key: &'static str, name: &'static str| {
        harness.write(move |stores| {
            let id = stores.projects().next_id(account().id)?;
            stores.projects().add(account().id, &Project { id, ..project(1, key, name) })?;
            Ok(id)
        })
    };
    let (one, other) = (add(OTHER_KEY, "one"), add("00000000000000000000", "other"));
    assert!(Id::new(1) < one && one < other);
}
