//! Searches over many sessions, their expiry, and the erasure of those that a principal created. The results are the same while
//! sessions are pending and once the projections have them.

use derslik_domain::form::Field;
use derslik_domain::id::{AccountId, PrincipalId};
use derslik_domain::rows::BatchSize;
use derslik_domain::session::{FilterForm, Session, SessionDescription, SessionDuration, SessionStatus, SessionTags};
use derslik_ports::outbound::{Projection, StoreError, UnitOfWork};

use super::change_log::catch_up;
use super::sessions::{find, named, search, store};
use super::{Case, Harness};
use crate::builders::{account, attendee, guid, other_account, service_principal, session, start, text};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_search_finds_the_same_among_many_whether_texts_are_indexed_or_not", run: search_many },
        Case { name: "a_search_finds_the_oddest_texts_among_many", run: search_odd_texts },
        Case { name: "a_search_finds_what_was_moved_where_it_is_now", run: search_moved },
        Case { name: "a_page_has_the_first_of_a_month_whatever_order_they_were_indexed_in", run: search_within_a_month },
        Case { name: "a_search_finds_what_is_written_and_indexed_meanwhile", run: search_while_written },
        Case { name: "a_search_behind_a_large_backlog_finds_sessions_as_they_are_now", run: search_behind_backlog },
        Case { name: "long_texts_are_indexed_a_few_at_a_time", run: long_texts },
        Case { name: "sessions_expire_once_at_the_end_that_they_have_now_without_an_index", run: expiry },
        Case { name: "what_a_principal_created_is_erased_unless_others_attend_it", run: erasure },
    ]
}

/// Indexes all pending sessions, as the sweep does.
fn index<U: UnitOfWork>(harness: &Harness<U>) {
    catch_up(harness, account().id, Projection::SearchIndex);
}

fn update<U: UnitOfWork>(harness: &Harness<U>, session: Session) {
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&session]));
}

fn by_name<U: UnitOfWork>(harness: &Harness<U>, part: &str) -> Vec<u128> {
    search(harness, FilterForm { name: text(part), ..FilterForm::default() })
}

fn search_while_written<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    store(harness, (1..=2_500).map(|number| named(number, &format!("Ders {number}"))).collect());
    index(harness);
    let uow = harness.unit_of_work().clone();
    let writer = harness.runtime().spawn(async move {
        for round in 0..150 {
            let duration = SessionDuration::from_minutes(60 + round % 2).expect("a duration");
            let session = Session { duration, ..named(2_345, "Ders 2345") };
            let written = uow.write(account().id, move |stores| stores.sessions().update_many(account().id, &[&session])).await;
            written.map_err(|error: StoreError| error).expect("the write succeeds");
            if round % 3 == 0 {
                let indexed =
                    uow.write(account().id, |stores| stores.change_log().catch_up(account().id, Projection::SearchIndex, 1_000)).await;
                indexed.map_err(|error: StoreError| error).expect("the sweep succeeds");
            }
        }
    });
    while !writer.is_finished() {
        assert_eq!(by_name(harness, "ders 2345"), [2_345]);
    }
    harness.runtime().block_on(writer).expect("the writer ends");
}

fn long_texts<U: UnitOfWork>(harness: &Harness<U>) {
    const LONG: u128 = 50;
    let described = |number: u128| Session {
        description: SessionDescription::new(format!("{} no{number}x", "uzun açıklama ".repeat(640))).ok(),
        ..named(number, "Ders")
    };
    // All are pending together. A search needs the index, since more than 2 000 others precede them.
    store(harness, (1_001..=3_500).map(|number| named(number, "Ders")).collect());
    index(harness);
    store(harness, (1..=LONG).map(described).collect());
    let mut steps = Vec::new();
    loop {
        match harness.write(|stores| stores.change_log().catch_up(account().id, Projection::SearchIndex, 1_000)).get() {
            0 => break,
            rows => steps.push(rows),
        }
    }
    assert!(steps.iter().all(|rows| *rows < 40), "{steps:?}");
    assert_eq!(u128::from(steps.iter().sum::<u64>()), LONG);
    for number in [1, 25, LONG] {
        let form = FilterForm { description: text(&format!("NO{number}X")), ..FilterForm::default() };
        assert_eq!(search(harness, form), [number]);
    }
}

/// Searches among more sessions than a search scans.
fn search_many<U: UnitOfWork>(harness: &Harness<U>) {
    const MANY: u128 = 2_500;
    let of_number = |number: u128| Session {
        start: start(&format!("2026-{:02}-{:02}T10:00:00", number % 12 + 1, number % 28 + 1)),
        tags: SessionTags::new(if number == 2_222 { "Rare, TAG" } else { "tag" }).ok(),
        description: SessionDescription::new(if number == 1_111 { "100% Işık_ı" } else { "plain" }).ok(),
        duration: SessionDuration::from_minutes(if number == 7 { 7 } else { 60 }).expect("a duration"),
        ..named(number, &format!("Ders {number}"))
    };
    store(harness, (1..=MANY).map(of_number).collect());
    let other = named(1_234, "Ders 1234");
    harness.write(move |stores| stores.sessions().insert_many(other_account().id, &[&other]));

    let look = |wanted_changed: bool| {
        let form = FilterForm::default;
        let found = |form: FilterForm| search(harness, form);
        assert_eq!(found(FilterForm { name: text("ders 1234"), ..form() }), if wanted_changed { vec![] } else { vec![1_234] });
        assert_eq!(found(FilterForm { name: text("changed"), ..form() }), if wanted_changed { vec![1_234] } else { vec![] });
        assert_eq!(found(FilterForm { description: text("100% IŞIK_"), ..form() }), [1_111]);
        assert_eq!(found(FilterForm { tags: text("tag, rare"), ..form() }), [2_222]);
        assert_eq!(found(FilterForm { duration: Field::Given(7), ..form() }), [7]);
        assert_eq!(found(FilterForm { duration: Field::Given(8), ..form() }), [0_u128; 0]);
        assert_eq!(found(FilterForm { name: text("qx"), ..form() }), [0_u128; 0]);
        assert_eq!(found(FilterForm { name: text("ders"), ..form() }).len(), 100);
        assert_eq!(found(FilterForm { name: text("2499"), duration: Field::Given(60), begin_date: text("2026-01-01"), ..form() }), [2_499]);
        assert_eq!(found(FilterForm { name: text("2499"), end_date: text("2026-01-01"), ..form() }), [0_u128; 0]);
        let all = FilterForm { name: text("ders 2"), page_size: Field::Given(1_000), ..form() };
        // The sessions 2, 20 to 29, 200 to 299, and 2000 to 2500.
        assert_eq!(found(all.clone()).len(), 612);
        assert_eq!(found(FilterForm { page_number: Field::Given(7), page_size: Field::Given(100), ..all }).len(), 12);
    };
    look(false);
    index(harness);
    look(false);
    let changed = named(1_234, "Changed");
    let again = changed.clone();
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&changed]));
    look(true);
    index(harness);
    look(true);
    let gone = Session { status: SessionStatus::Deleted, ..again };
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&gone]));
    assert_eq!(search(harness, FilterForm { name: text("changed"), ..FilterForm::default() }), [0_u128; 0]);
    index(harness);
    assert_eq!(search(harness, FilterForm { name: text("changed"), ..FilterForm::default() }), [0_u128; 0]);
}

/// Stores more plain sessions than a search scans, all of them before the others.
fn store_plain<U: UnitOfWork>(harness: &Harness<U>) {
    let plain = |number: u128| Session { start: start(&format!("2025-01-{:02}T10:00:00", number % 28 + 1)), ..named(number, "plain") };
    store(harness, (10_001..=12_100).map(plain).collect());
}

fn search_odd_texts<U: UnitOfWork>(harness: &Harness<U>) {
    const NAMES: [&str; 10] = [
        "C++ Kulübü",
        "?! — ?!",
        "مدرسة الفيزياء",
        "🎓 Mezuniyet 🎓🚀",
        "Çığ ve IĞDIR",
        r"O'Neil's \'\ \\",
        "a:*|b & !c",
        "数学",
        "line\nbreak",
        "e\u{301}x\u{301}",
    ];
    store_plain(harness);
    let of_number = |number: u128, name: &str| Session {
        start: start(&format!("2026-{number:02}-01T10:00:00")),
        description: SessionDescription::new(format!("{name} too")).ok(),
        tags: SessionTags::new(format!("{name},{}", "long ".repeat(20) + name)).ok(),
        ..named(number, name)
    };
    store(harness, (1..).zip(NAMES).map(|(number, name)| of_number(number, name)).collect());
    let look = || {
        let parts: [(&str, u128); 22] = [
            ("c++", 1),
            ("+", 1),
            ("++", 1),
            ("+ k", 1),
            ("?!", 2),
            ("— ?", 2),
            ("—", 2),
            ("مدرسة", 3),
            ("لف", 3),
            ("ة", 3),
            ("🎓", 4),
            ("🎓🚀", 4),
            ("🚀", 4),
            ("ÇI", 5),
            ("ığdır", 5),
            ("l's", 6),
            (r"\'", 6),
            (":*|", 7),
            ("数", 8),
            ("e\nb", 9),
            ("é", 10),
            ("\u{301}", 10),
        ];
        for (part, number) in parts {
            assert_eq!(by_name(harness, part), [number], "{part}");
            let described = FilterForm { description: text(part), ..FilterForm::default() };
            assert_eq!(search(harness, described), [number], "{part}");
        }
        for part in ["q", "qx", "c+++", "!?", "🚀🎓", "数学学", "O'Neill"] {
            assert_eq!(by_name(harness, part), [0_u128; 0], "{part}");
        }
        for (number, name) in (1..).zip(NAMES) {
            let tagged = |tags: String| search(harness, FilterForm { tags: text(&tags), ..FilterForm::default() });
            assert_eq!(tagged(name.to_owned()), [number], "{name}");
            assert_eq!(tagged(format!("{name}, {}{name}", "long ".repeat(20))), [number], "{name}");
            assert_eq!(tagged("long ".repeat(20)), [0_u128; 0]);
        }
    };
    look();
    index(harness);
    look();
}

fn search_moved<U: UnitOfWork>(harness: &Harness<U>) {
    store_plain(harness);
    let rare = |number: u128, day: &str| Session { start: start(&format!("{day}T10:00:00")), ..named(number, "rare") };
    store(harness, vec![rare(1, "2026-03-01"), rare(2, "2026-04-01"), rare(3, "2026-05-01"), rare(4, "2026-05-01")]);
    index(harness);
    assert_eq!(by_name(harness, "rare"), [1, 2, 3, 4]);
    update(harness, rare(1, "2026-06-01"));
    update(harness, rare(4, "0001-01-02"));
    let look = || {
        assert_eq!(by_name(harness, "rare"), [4, 2, 3, 1]);
        let page = |number, size| {
            let form =
                FilterForm { name: text("rare"), page_number: Field::Given(number), page_size: Field::Given(size), ..Default::default() };
            search(harness, form)
        };
        assert_eq!([page(1, 2), page(2, 2), page(3, 2)], [vec![4, 2], vec![3, 1], vec![]]);
        let between = |begin, end| {
            search(harness, FilterForm { name: text("rare"), begin_date: text(begin), end_date: text(end), ..Default::default() })
        };
        assert_eq!(between("2026-03-01", "2026-03-31"), [0_u128; 0]);
        assert_eq!(between("2026-04-02", ""), [3, 1]);
    };
    look();
    index(harness);
    look();
    let gone = rare(2, "2026-04-01").deleted(service_principal().id, session(guid(2)).updated_at);
    update(harness, gone.expect("it was not deleted before"));
    assert_eq!(by_name(harness, "rare"), [4, 3, 1]);
    index(harness);
    assert_eq!(by_name(harness, "rare"), [4, 3, 1]);
}

fn search_behind_backlog<U: UnitOfWork>(harness: &Harness<U>) {
    let rare = |number: u128, name: &str, day: &str| Session { start: start(&format!("{day}T10:00:00")), ..named(number, name) };
    let first = |number: u128| rare(number, "Kış geometrisi", "2026-03-01");
    store_plain(harness);
    store(harness, (1..=5).map(first).collect());
    index(harness);
    // More than a search looks up one by one.
    for part in 20..32 {
        let plain = |number: u128| rare(number, &format!("Ders {number}"), "2026-05-01");
        store(harness, (part * 1_000..part * 1_000 + 1_000).map(plain).collect());
    }
    // Of those that were indexed, one is renamed, one moved, one deleted and one changed in another way. Others are named like them.
    update(harness, rare(1, "Yaz okulu", "2026-03-01"));
    update(harness, rare(2, "Kış geometrisi", "2026-09-01"));
    let gone = first(3).deleted(service_principal().id, session(guid(3)).updated_at);
    update(harness, gone.expect("it was not deleted before"));
    update(harness, Session { allow_recording: false, ..first(4) });
    update(harness, rare(25_000, "Geometri", "2026-05-01"));
    store(harness, vec![rare(6, "GEOMETRİ", "2025-12-01")]);

    assert_eq!(by_name(harness, "geometri"), [6, 4, 5, 25_000, 2]);
    assert_eq!(by_name(harness, "kış geometri"), [4, 5, 2]);
    assert_eq!(by_name(harness, "yaz okulu"), [1]);
    assert_eq!(by_name(harness, "ders 25000"), [0_u128; 0]);
    assert_eq!(by_name(harness, "ders 31999"), [31_999]);
    // Parts that rule out no session.
    assert_eq!([by_name(harness, "ge"), by_name(harness, "qx")], [vec![6, 4, 5, 25_000, 2], vec![]]);
    let page = |number| {
        let form =
            FilterForm { name: text("geometri"), page_number: Field::Given(number), page_size: Field::Given(2), ..Default::default() };
        search(harness, form)
    };
    assert_eq!([page(1), page(2), page(3)], [vec![6, 4], vec![5, 25_000], vec![2]]);
}

fn search_within_a_month<U: UnitOfWork>(harness: &Harness<U>) {
    store_plain(harness);
    // GUIDs and times of writing are in one order, starts in the opposite one; two sessions each start at the same time.
    let rare = |number: u128| Session { start: start(&format!("2026-05-{:02}T10:00:00", 31 - number / 2)), ..named(number, "rare") };
    store(harness, (2..=11).map(rare).collect());
    let look = || {
        let page = |number, size| {
            search(
                harness,
                FilterForm { name: text("rare"), page_number: Field::Given(number), page_size: Field::Given(size), ..Default::default() },
            )
        };
        let pages = [vec![10, 11, 8], vec![9, 6, 7], vec![4, 5, 2], vec![3]];
        assert_eq!([page(1, 3), page(2, 3), page(3, 3), page(4, 3)], pages);
    };
    look();
    index(harness);
    look();
    update(harness, Session { allow_recording: false, ..rare(8) });
    update(harness, Session { description: SessionDescription::new("more").ok(), ..rare(6) });
    look();
}

fn expiry<U: UnitOfWork>(harness: &Harness<U>) {
    let lasting = |number: u128, day: &str, minutes| Session {
        start: start(&format!("{day}T10:00:00")),
        duration: SessionDuration::from_minutes(minutes).expect("a duration"),
        ..session(guid(number))
    };
    let (long, short) = (lasting(1, "2026-02-01", 60), lasting(2, "2026-02-01", 30));
    let locked = Session { status: SessionStatus::Locked, ..lasting(3, "2026-02-01", 30) };
    let later = lasting(4, "2026-02-02", 30);
    store(harness, vec![long.clone(), short.clone(), locked.clone(), later.clone()]);
    harness.write(move |stores| stores.sessions().insert_many(other_account().id, &[&lasting(2, "2026-02-01", 30)]));
    catch_up(harness, account().id, Projection::SessionEnds);

    let expire = |at, limit| harness.write(move |stores| stores.sessions().expire(account().id, at, limit)).get();
    assert_eq!(expire(short.ends_at().minutes_before(1), 10), 0);
    assert_eq!(expire(short.ends_at(), 10), 2);
    assert_eq!(expire(short.ends_at(), 10), 0);
    assert_eq!(find(harness, 2), short.clone().expired(short.ends_at()).ok());

    // One session is moved before it ends, one is opened again, and one is deleted.
    update(harness, Session { start: later.start, ..long.clone() });
    update(harness, short);
    update(harness, locked.deleted(service_principal().id, long.ends_at()).expect("it was not deleted before"));
    catch_up(harness, account().id, Projection::SessionEnds);
    assert_eq!(expire(long.ends_at(), 1), 1);
    assert_eq!(expire(long.ends_at(), 1), 0);
    assert_eq!(find(harness, 1).map(|session| session.status), Some(long.status));
    assert_eq!([expire(later.ends_at(), 1), expire(later.ends_at(), 1)], [1, 0]);
    let moved = Session { start: later.start, ..long };
    assert_eq!([expire(moved.ends_at(), 1), expire(moved.ends_at(), 1)], [1, 0]);
    let theirs = harness.read(|stores| stores.sessions().find(other_account().id, guid(2)));
    assert_eq!(theirs.map(|session| session.status), Some(session(guid(2)).status));
}

fn erasure<U: UnitOfWork>(harness: &Harness<U>) {
    let them = PrincipalId::new(77);
    let made = move |number: u128| Session { created_by: them, ..session(guid(number)) };
    let erase = |account: AccountId| {
        let batch = BatchSize::new(3).expect("a size");
        harness.write(move |stores| stores.sessions().erase_created_by(account, them, batch)).get()
    };
    for is_projected in [false, true] {
        let first = if is_projected { 11 } else { 1 };
        let (attended, deleted, others) = (first + 2, first + 4, first + 5);
        let guest = attendee(attended, u32::from(is_projected));
        store(harness, (first..others).map(made).chain([session(guid(others))]).collect());
        harness.write(move |stores| stores.sessions().insert_many(other_account().id, &[&made(first)]));
        harness.write(move |stores| stores.attendees().insert_many(account().id, &[guest]));
        update(harness, made(deleted).deleted(them, made(deleted).updated_at).expect("it was not deleted before"));
        if is_projected {
            catch_up(harness, account().id, Projection::SessionCreators);
            update(harness, Session { allow_recording: false, ..made(first) });
        }
        assert_eq!([erase(account().id), erase(account().id), erase(account().id)], [3, 1, 0]);
        let left = (first..=others).filter(|number| find(harness, *number).is_some());
        assert_eq!(left.collect::<Vec<_>>(), [attended, others]);
        assert_eq!([erase(other_account().id), erase(other_account().id)], [1, 0]);
    }
}
