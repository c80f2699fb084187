//! Admins of the installation.

use derslik_domain::id::Id;
use derslik_domain::identity::{Admin, AdminRole, PasswordHash, SecretDigest, Username};
use derslik_domain::rows::RowCount;
use derslik_ports::outbound::{AdminToAdd, Conflict, SignInToAdd, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::now;

pub(super) fn cases<U: UnitOfWork>() -> Vec<Case<U>> {
    vec![
        Case { name: "admins_are_listed_as_they_were_added", run: listed },
        Case { name: "two_admins_can_not_have_one_name_in_any_case", run: name_is_unique },
        Case { name: "a_removed_admin_is_gone_and_its_id_is_not_given_again", run: removed },
        Case { name: "an_admin_is_found_by_its_name_in_any_case_with_the_hash", run: found_by_name },
        Case { name: "a_sign_in_finds_its_admin_until_its_end", run: sign_in_ends },
        Case { name: "a_removed_admin_has_no_sign_ins", run: removed_with_sign_ins },
        Case { name: "ended_sign_ins_are_pruned", run: sign_ins_pruned },
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

fn found_by_name<U: UnitOfWork>(harness: &Harness<U>) {
    let added = add(harness, "Şule", AdminRole::Operator).expect("it is added");
    add(harness, "ali", AdminRole::Viewer).expect("it is added");
    let find = |name: &str| {
        let name = Username::parse(name).expect("a name");
        harness.read(move |stores| stores.admins().find(&name))
    };
    let found = find("s\u{327}ULE").expect("it is found");
    assert_eq!((found.admin, found.hash.as_str()), (added, "$argon2id$"));
    assert!(find("sule").is_none());
}

/// Adds a sign-in whose digest consists of that byte. It ends `minutes` minutes from now.
fn sign_in<U: UnitOfWork>(harness: &Harness<U>, admin: &Admin, byte: u8, minutes: i64) {
    let sign_in = SignInToAdd { digest: SecretDigest::new([byte; 32]), admin: admin.id, expires_at: now().minutes_before(-minutes) };
    harness.write(move |stores| stores.admins().add_sign_in(&sign_in));
}

/// The admin of the sign-in with that digest, `minutes` minutes from now.
fn signed_in<U: UnitOfWork>(harness: &Harness<U>, byte: u8, minutes: i64) -> Option<Admin> {
    let (digest, at) = (SecretDigest::new([byte; 32]), now().minutes_before(-minutes));
    harness.read(move |stores| stores.admins().find_signed_in(&digest, at))
}

fn sign_in_ends<U: UnitOfWork>(harness: &Harness<U>) {
    let [first, second] = ["Şule", "ali"].map(|name| add(harness, name, AdminRole::Viewer).expect("it is added"));
    sign_in(harness, &first, 1, 10);
    sign_in(harness, &first, 2, 20);
    sign_in(harness, &second, 3, 10);
    assert_eq!([1, 2, 3, 4].map(|byte| signed_in(harness, byte, 9)), [Some(first.clone()), Some(first.clone()), Some(second), None]);
    assert_eq!([1, 2].map(|byte| signed_in(harness, byte, 10)), [None, Some(first.clone())]);
    let remove = || harness.write(|stores| stores.admins().remove_sign_in(&SecretDigest::new([1; 32])));
    assert_eq!((remove(), remove()), (true, false));
    assert_eq!([1, 2].map(|byte| signed_in(harness, byte, 0)), [None, Some(first)]);
}

fn removed_with_sign_ins<U: UnitOfWork>(harness: &Harness<U>) {
    let [first, second] = ["Şule", "ali"].map(|name| add(harness, name, AdminRole::Viewer).expect("it is added"));
    sign_in(harness, &first, 1, 10);
    sign_in(harness, &second, 2, 10);
    harness.write(move |stores| stores.admins().remove(&first.name));
    assert_eq!([1, 2].map(|byte| signed_in(harness, byte, 0)), [None, Some(second)]);
    let name = Username::parse("Şule").expect("a name");
    assert!(harness.read(move |stores| stores.admins().find(&name)).is_none());
}

fn sign_ins_pruned<U: UnitOfWork>(harness: &Harness<U>) {
    let admin = add(harness, "Şule", AdminRole::Viewer).expect("it is added");
    for (byte, minutes) in [(1, 5), (2, 10), (3, 11)] {
        sign_in(harness, &admin, byte, minutes);
    }
    let prune = || harness.write(|stores| stores.admins().prune_sign_ins(now().minutes_before(-10)));
    assert_eq!((prune(), prune()), (RowCount::new(2), RowCount::ZERO));
    assert_eq!([1, 2, 3].map(|byte| signed_in(harness, byte, 0)), [None, None, Some(admin)]);
}
