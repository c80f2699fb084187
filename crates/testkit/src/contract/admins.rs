//! Admins of the installation.

use derslik_domain::id::Id;
use derslik_domain::identity::{Admin, AdminRole, PasswordHash, Username};
use derslik_ports::outbound::{AdminToAdd, Conflict, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::now;

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "admins_are_listed_as_they_were_added", run: listed },
        Case { name: "two_admins_can_not_have_one_name_in_any_case", run: name_is_unique },
        Case { name: "a_removed_admin_is_gone_and_its_id_is_not_given_again", run: removed },
    ]
}

fn admin(name: &str, role: AdminRole) -> AdminToAdd {
    AdminToAdd { name: Username::parse(name).expect("a name"), role, hash: PasswordHash::new("$argon2id$"), at: now() }
}

fn add<U: UnitOfWork>(harness: &Harness<U>, name: &str, role: AdminRole) -> Result<Admin, StoreError> {
    let admin = admin(name, role);
    harness.try_write(move |stores| stores.admins().add(&admin))
}

fn listed<U: UnitOfWork>(harness: &Harness<U>) {
    assert_eq!(harness.read(|stores| stores.admins().list()), []);
    let roles = [("Şule", AdminRole::Operator), ("zeki", AdminRole::Viewer), ("ali", AdminRole::Viewer)];
    let added = roles.map(|(name, role)| add(harness, name, role).expect("it is added"));
    for (admin, (name, role)) in added.iter().zip(roles) {
        assert_eq!((admin.name.as_str(), admin.role, admin.created_at), (name, role, now()));
    }
    assert_eq!(harness.read(|stores| stores.admins().list()), added);
}

fn name_is_unique<U: UnitOfWork>(harness: &Harness<U>) {
    add(harness, "Şule", AdminRole::Operator).expect("it is added");
    for same in ["Şule", "ŞULE", "s\u{327}ule"] {
        let refused = add(harness, same, AdminRole::Viewer);
        assert!(matches!(refused, Err(StoreError::Conflict(Conflict::AdminName))), "{same}: {refused:?}");
    }
    assert!(add(harness, "sule", AdminRole::Viewer).is_ok(), "another letter is another name");
}

fn removed<U: UnitOfWork>(harness: &Harness<U>) {
    let first = add(harness, "Şule", AdminRole::Operator).expect("it is added").id;
    let remove = |name: &str| {
        let name = Username::parse(name).expect("a name");
        harness.write(move |stores| stores.admins().remove(&name))
    };
    assert_eq!(remove("ali"), None);
    assert_eq!((remove("ŞULE"), remove("ŞULE")), (Some(first), None));
    assert_eq!(harness.read(|stores| stores.admins().list()), []);
    let again = add(harness, "Şule", AdminRole::Viewer).expect("the name is free").id;
    assert!(again > first && first > Id::new(0), "{first} {again}");
}
