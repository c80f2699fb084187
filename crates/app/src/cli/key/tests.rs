//! The commands over mocked use cases.

use std::sync::Arc;

use derslik_ports::inbound::operators::{CreatedSecret, MockCredentialAdministration};
use derslik_ports::{Reason, StoreError};
use derslik_testkit::builders::now;

use super::*;
use crate::cli::operator::testing::{code_and_text, operator, operators};
use crate::wiring::Operators;

fn with(credentials: MockCredentialAdministration) -> Operator {
    operator(Operators { credentials: Arc::new(credentials), ..operators() })
}

fn stored(id: i64, public_id: &str) -> StoredCredential {
    StoredCredential {
        id: Id::new(id),
        kind: CredentialKind::AccountKey,
        public_id: public_id.to_owned(),
        principal: Id::new(4490),
        scopes: CredentialKind::AccountKey.scopes(),
        project: None,
        created_at: now(),
        expires_at: None,
        revoked_at: None,
        last_used_on: None,
        access_key: None,
        issued_for: None,
    }
}

fn created(id: i64) -> CreatedKey {
    CreatedKey { id: Id::new(id), secret: CreatedSecret::Opaque(CredentialKind::AccountKey, "secret".to_owned()), expires_at: None }
}

fn one(key: &str) -> OneKey {
    OneKey { key: key.to_owned(), account: "okul".to_owned() }
}

/// Use cases over the credentials 12 and 13, one on each page.
fn two_pages() -> MockCredentialAdministration {
    let mut credentials = MockCredentialAdministration::new();
    credentials.expect_list().returning(|account, filter, page| {
        assert_eq!((account.get(), filter), (7, CredentialFilter { ended: true, ..CredentialFilter::default() }));
        Ok(match page.after.map(Id::get) {
            None => vec![stored(12, "derslik_ak_first")],
            Some(12) => vec![stored(13, &"a7".repeat(12))],
            Some(_) => Vec::new(),
        })
    });
    credentials
}

#[test]
fn a_new_key_is_an_access_key_or_an_organization_key_of_the_account() {
    for (kind, expected) in [(NewKind::Access, CredentialKind::AccessKey), (NewKind::Organization, CredentialKind::AccountKey)] {
        let mut credentials = MockCredentialAdministration::new();
        credentials.expect_create().once().returning(move |account, new| {
            assert_eq!((account.get(), new), (7, NewKey { kind: expected, days: Some(30) }));
            Ok(created(12))
        });
        let arguments = CreateKey { account: "okul".to_owned(), kind, days: Some(30) };
        assert_eq!(create(&with(credentials), &arguments).map_err(code_and_text).unwrap().id, Id::new(12));
    }
}

#[test]
fn a_list_is_filtered_by_kind_and_user_and_leaves_out_ended_keys() {
    let mut credentials = MockCredentialAdministration::new();
    credentials.expect_list().once().returning(|_, filter, page| {
        let principal = Some(Id::new(106));
        assert_eq!(filter, CredentialFilter { kind: Some(CredentialKind::AccessToken), principal, ended: false });
        assert_eq!(page, PageRequest { size: 1_000, after: None });
        Ok(vec![stored(12, "public")])
    });
    let command = crate::cli::parsed(&["key", "list", "--account", "okul", "--kind", "token", "--user", "106"]);
    let crate::cli::Command::Key(KeyCommand::List(arguments)) = command else { unreachable!("a list") };
    assert_eq!(list(&with(credentials), &arguments).map_err(code_and_text).unwrap(), [stored(12, "public")]);
}

#[test]
fn a_key_is_named_by_its_id_or_its_public_id_with_or_without_its_prefix() {
    let public_id = "a7".repeat(12);
    let prefixed = format!("derslik_ok_{public_id}");
    for (named, id) in [("99", 99), ("derslik_ak_first", 12), (public_id.as_str(), 13), (prefixed.as_str(), 13)] {
        let mut credentials = two_pages();
        credentials.expect_revoke().once().withf(move |account, found| (account.get(), found.get()) == (7, id)).returning(|_, _| Ok(()));
        assert_eq!(revoke(&with(credentials), &one(named)).map_err(code_and_text), Ok(Id::new(id)), "{named}");
    }
    let (code, text) = revoke(&with(two_pages()), &one("another")).map_err(code_and_text).unwrap_err();
    assert!(code == 2 && text.contains("`derslik key list --account okul --all`"), "{code}: {text}");
}

#[test]
fn a_public_id_of_two_kinds_is_refused_with_both_ids() {
    let mut credentials = MockCredentialAdministration::new();
    credentials
        .expect_list()
        .returning(|_, _, page| Ok(if page.after.is_none() { vec![stored(4, "x"), stored(5, "x")] } else { Vec::new() }));
    let (code, text) = revoke(&with(credentials), &one("x")).map_err(code_and_text).unwrap_err();
    assert!(code == 2 && text.ends_with("(4, 5)"), "{code}: {text}");
}

#[test]
fn a_secret_is_refused_as_a_name_and_not_repeated() {
    let secret = "5e".repeat(32);
    for named in [
        secret.clone(),
        format!("derslik_ok_{}_{secret}_01234567", "a7".repeat(12)),
        format!("derslik_at_{secret}_01234567"),
        format!("derslik_sk_{secret}_01234567"),
        format!("demo-access|{secret}"),
    ] {
        let (code, text) = revoke(&with(MockCredentialAdministration::new()), &one(&named)).map_err(code_and_text).unwrap_err();
        assert!(code == 2 && text.contains("that is a secret") && !text.contains(&secret), "{code}: {text}");
    }
}

#[test]
fn the_new_key_of_a_rotation_lives_as_long_as_the_old_one_unless_told_otherwise() {
    let lifetimes: [(&[&str], Option<TokenLifetime>); 3] =
        [(&[], None), (&["--days", "30"], Some(TokenLifetime::Days(30))), (&["--never"], Some(TokenLifetime::Never))];
    for (more, lifetime) in lifetimes {
        let command = crate::cli::parsed(&[&["key", "rotate", "12", "--account", "okul"][..], more].concat());
        let crate::cli::Command::Key(KeyCommand::Rotate(arguments)) = command else { unreachable!("a rotation") };
        let mut credentials = MockCredentialAdministration::new();
        credentials.expect_rotate().once().returning(move |_, _, _, asked| {
            assert_eq!(asked, lifetime);
            Ok(created(14))
        });
        assert_eq!(rotate(&with(credentials), &arguments).map_err(code_and_text).unwrap().id, Id::new(14));
    }
}

#[test]
fn a_rotation_overlaps_for_a_day_unless_told_otherwise() {
    let overlaps: [(&[&str], u64); 3] = [(&[], 24 * 60 * 60), (&["--overlap", "0"], 0), (&["--overlap", "7d"], 7 * 24 * 60 * 60)];
    for (more, overlap) in overlaps {
        let command = crate::cli::parsed(&[&["key", "rotate", "12", "--account", "okul"][..], more].concat());
        let crate::cli::Command::Key(KeyCommand::Rotate(arguments)) = command else { unreachable!("a rotation") };
        let mut credentials = MockCredentialAdministration::new();
        credentials.expect_rotate().once().returning(move |account, id, given, _| {
            assert_eq!((account.get(), id.get(), given), (7, 12, Duration::from_secs(overlap)));
            Ok(created(14))
        });
        assert_eq!(rotate(&with(credentials), &arguments).map_err(code_and_text).unwrap().id, Id::new(14));
    }
}

#[test]
fn a_refusal_says_what_to_do_and_a_failed_store_is_another_exit_code() {
    type Refusal = fn() -> KeyError;
    let rotated = |error: fn() -> KeyError| {
        let mut credentials = MockCredentialAdministration::new();
        credentials.expect_rotate().once().returning(move |_, _, _, _| Err(error()));
        let arguments = RotateKey { one: one("12"), overlap: Duration::ZERO, days: None, never: false };
        rotate(&with(credentials), &arguments).map_err(code_and_text).unwrap_err()
    };
    let errors: [(Refusal, &str); 5] = [
        (|| KeyError::NotFound, "derslik key list"),
        (|| KeyError::Ended, "derslik key create"),
        (|| KeyError::Issued, "derslik grant revoke"),
        (|| KeyError::TokensAreIssued, "derslik token create"),
        (|| KeyError::NoService, "derslik account create"),
    ];
    for (error, says) in errors {
        let (code, text) = rotated(error);
        assert!(code == 2 && text.contains(says), "{code}: {text}");
    }
    assert_eq!(rotated(|| StoreError::from(Reason::Locked).into()).0, 3);
}
