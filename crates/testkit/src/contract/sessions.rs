//! Sessions.

use std::collections::BTreeSet;

use derslik_domain::form::Field;
use derslik_domain::session::{
    FilterForm, FlagPatch, OptionFlag, OptionsPatch, PreparationTime, ReplayStatus, ReturnUrl, Session, SessionDescription,
    SessionDuration, SessionFilter, SessionName, SessionStatus, SessionTags,
};
use derslik_domain::time::{Start, Timestamp, Zone};
use derslik_ports::outbound::{Conflict, StoreError, UnitOfWork};

use super::{Case, Harness};
use crate::builders::{account, guid, now, other_account, service_principal, session, start, text};

pub(super) fn cases<U: UnitOfWork + Clone>() -> Vec<Case<U>> {
    vec![
        Case { name: "a_session_comes_back_as_it_was_stored", run: round_trip },
        Case { name: "text_comes_back_character_by_character", run: text_round_trip },
        Case { name: "instants_keep_their_microseconds", run: microseconds },
        Case { name: "writing_nothing_is_no_fault", run: zero_rows },
        Case { name: "many_sessions_are_written_at_once", run: many_rows },
        Case { name: "a_taken_guid_is_a_conflict_and_stores_nothing", run: conflict },
        Case { name: "the_same_guid_twice_in_one_call_is_a_conflict", run: conflict_within },
        Case { name: "another_account_may_use_the_same_guid", run: same_guid_elsewhere },
        Case { name: "sessions_of_another_account_are_neither_found_nor_changed", run: isolation },
        Case { name: "an_update_writes_every_field_over", run: update_all_fields },
        Case { name: "updates_of_one_session_wait_for_each_other", run: concurrent_updates },
        Case { name: "a_deleted_session_is_never_found", run: deleted },
        Case { name: "a_search_is_ordered_by_start_and_then_by_guid", run: search_order },
        Case { name: "a_search_is_cut_into_pages", run: search_pages },
        Case { name: "a_page_of_sessions_with_long_texts_comes_in_parts", run: search_long },
        Case { name: "a_search_finds_parts_of_texts_whatever_their_case", run: search_texts },
        Case { name: "a_search_takes_wildcards_literally", run: search_wildcards },
        Case { name: "a_search_wants_every_tag", run: search_tags },
        Case { name: "a_search_bounds_the_clock_face_of_the_start", run: search_dates },
        Case { name: "a_search_takes_the_first_and_the_last_date_there_is", run: search_all_time },
        Case { name: "a_search_takes_as_many_tags_as_a_session_can_have", run: search_many_tags },
        Case { name: "a_search_finds_durations_and_guids", run: search_exact },
    ]
}

pub(super) fn store<U: UnitOfWork>(harness: &Harness<U>, sessions: Vec<Session>) {
    harness.write(move |stores| stores.sessions().insert_many(account().id, &sessions.iter().collect::<Vec<_>>()));
}

pub(super) fn find<U: UnitOfWork>(harness: &Harness<U>, number: u128) -> Option<Session> {
    harness.read(move |stores| stores.sessions().find(account().id, guid(number)))
}

pub(super) fn search<U: UnitOfWork>(harness: &Harness<U>, form: FilterForm) -> Vec<u128> {
    let filter: SessionFilter = form.validate().expect("a valid filter");
    let found = harness.read(move |stores| stores.sessions().search(account().id, &filter));
    found.entries.iter().map(|session| session.guid.get().as_u128() & 0xffff).collect()
}

pub(super) fn named(number: u128, name: &str) -> Session {
    Session { name: SessionName::new(name).expect("a valid name"), ..session(guid(number)) }
}

/// A session with no field at its default.
fn unusual(number: u128) -> Session {
    Session {
        description: SessionDescription::new("Geçen dönem").ok(),
        tags: SessionTags::new("fizik, 2. dönem").ok(),
        start: Start::at(start("2026-03-29T02:30:00.250001").civil(), Zone::parse("Europe/Berlin").expect("a zone")),
        duration: SessionDuration::from_minutes(360).expect("a duration"),
        status: SessionStatus::Locked,
        replay_status: ReplayStatus::Packed,
        options: session(guid(0)).options.merged(OptionsPatch {
            flags: FlagPatch::default().with(OptionFlag::AllowRating, false).with(OptionFlag::EnableSessionAutoStart, true),
            preparation_time: PreparationTime::from_minutes(1),
            return_url: ReturnUrl::new("https://okul.example/çıkış").ok(),
        }),
        allow_recording: false,
        inaccessible_replay: true,
        ..named(number, "Işık 101")
    }
}

fn round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1)), unusual(2)]);
    assert_eq!(find(harness, 1), Some(session(guid(1))));
    assert_eq!(find(harness, 2), Some(unusual(2)));
    assert_eq!(find(harness, 3), None);
    let locked = harness.write(|stores| stores.sessions().lock_many(account().id, &BTreeSet::from([guid(1), guid(2), guid(3)])));
    assert_eq!(locked.len(), 2);
    assert_eq!(locked.get(&guid(2)), Some(&unusual(2)));
}

fn text_round_trip<U: UnitOfWork>(harness: &Harness<U>) {
    let texts = [
        "İIıi ğüşöç",
        "مدرسة ١٢٣",
        "e\u{301} \u{1f393} \u{202e}rtl",
        "'; DROP TABLE sessions; --",
        "\"quotes\" \\ {\"json\":1} {array}",
        "  spaces\tand\r\nlines  ",
        "NULL",
        "\u{10ffff}\u{1}",
    ];
    let sessions: Vec<_> = (1..)
        .zip(texts)
        .map(|(number, text)| Session {
            description: SessionDescription::new(text).ok(),
            tags: SessionTags::new(text).ok(),
            ..named(number, text)
        })
        .collect();
    store(harness, sessions.clone());
    for (number, session) in (1..).zip(sessions) {
        assert_eq!(find(harness, number), Some(session));
    }
}

fn microseconds<U: UnitOfWork>(harness: &Harness<U>) {
    for (number, micros) in (1..).zip([0, 1, -1, 999_999, 1_738_847_255_488_565, 253_402_300_799_999_999]) {
        let at = Timestamp::from_micros(micros);
        store(harness, vec![Session { created_at: at, updated_at: at, ..session(guid(number)) }]);
        assert_eq!(find(harness, number).map(|session| session.created_at), Some(at));
    }
}

fn zero_rows<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, Vec::new());
    harness.write(|stores| stores.sessions().update_many(account().id, &[]));
    assert!(harness.write(|stores| stores.sessions().lock_many(account().id, &BTreeSet::new())).is_empty());
}

fn many_rows<U: UnitOfWork>(harness: &Harness<U>) {
    const MANY: u128 = 12_001;
    store(harness, (1..=MANY).map(|number| session(guid(number))).collect());
    let guids: BTreeSet<_> = (1..=MANY).map(guid).collect();
    let locked = harness.write(move |stores| {
        let found = stores.sessions().lock_many(account().id, &guids)?;
        let changed: Vec<_> = found.into_values().map(|session| Session { status: SessionStatus::Passive, ..session }).collect();
        stores.sessions().update_many(account().id, &changed.iter().collect::<Vec<_>>())?;
        Ok(changed.len())
    });
    assert_eq!(u128::try_from(locked), Ok(MANY));
    for number in [1, 2, MANY] {
        assert_eq!(find(harness, number).map(|session| session.status), Some(SessionStatus::Passive));
    }
}

fn conflict<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1))]);
    let refused = harness.try_write(|stores| stores.sessions().insert_many(account().id, &[&session(guid(2)), &session(guid(1))]));
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Session))), "{refused:?}");
    assert_eq!(find(harness, 2), None);
}

fn conflict_within<U: UnitOfWork>(harness: &Harness<U>) {
    let refused = harness.try_write(|stores| stores.sessions().insert_many(account().id, &[&session(guid(1)), &session(guid(1))]));
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::Session))), "{refused:?}");
}

fn same_guid_elsewhere<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![named(1, "ours")]);
    harness.write(|stores| stores.sessions().insert_many(other_account().id, &[&named(1, "theirs")]));
    let name = |account| harness.read(move |stores| stores.sessions().find(account, guid(1))).map(|session| session.name.to_string());
    assert_eq!((name(account().id).as_deref(), name(other_account().id).as_deref()), (Some("ours"), Some("theirs")));
}

fn isolation<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1))]);
    let other = other_account().id;
    assert_eq!(harness.read(move |stores| stores.sessions().find(other, guid(1))), None);
    assert!(harness.write(move |stores| stores.sessions().lock_many(other, &BTreeSet::from([guid(1)]))).is_empty());
    let filter = FilterForm::default().validate().expect("a valid filter");
    assert!(harness.read(move |stores| stores.sessions().search(other, &filter)).entries.is_empty());
    harness.write(move |stores| stores.sessions().update_many(other, &[&named(1, "stolen")]));
    assert_eq!(find(harness, 1), Some(session(guid(1))));
}

fn update_all_fields<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1)), unusual(2), session(guid(3))]);
    let turned = Session { updated_at: now(), ..unusual(1) };
    let cleared = Session { updated_by: service_principal().id, ..session(guid(2)) };
    let written = (turned.clone(), cleared.clone());
    harness.write(move |stores| stores.sessions().update_many(account().id, &[&written.0, &written.1]));
    assert_eq!(find(harness, 1), Some(turned));
    assert_eq!(find(harness, 2), Some(cleared));
    assert_eq!(find(harness, 3), Some(session(guid(3))));
}

fn concurrent_updates<U: UnitOfWork + Clone>(harness: &Harness<U>) {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 10;
    store(harness, vec![named(1, "0"), named(2, "0")]);
    let count_up = |uow: U| async move {
        for _ in 0..ROUNDS {
            uow.write(account().id, |stores| {
                let both = stores.sessions().lock_many(account().id, &BTreeSet::from([guid(2), guid(1)]))?;
                let counted: Vec<_> = both
                    .into_values()
                    .map(|session| {
                        let count: usize = session.name.as_str().parse().expect("a count");
                        Session { name: SessionName::new((count + 1).to_string()).expect("a name"), ..session }
                    })
                    .collect();
                stores.sessions().update_many(account().id, &counted.iter().collect::<Vec<_>>())
            })
            .await
            .expect("the write succeeds");
        }
    };
    let writers: Vec<_> = (0..WRITERS).map(|_| harness.runtime().spawn(count_up(harness.unit_of_work().clone()))).collect();
    for writer in writers {
        harness.runtime().block_on(writer).expect("the writer ends");
    }
    for number in [1, 2] {
        assert_eq!(find(harness, number).map(|session| session.name.to_string()), Some((WRITERS * ROUNDS).to_string()));
    }
}

fn deleted<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![session(guid(1)), session(guid(2))]);
    harness.write(|stores| {
        let gone = session(guid(1)).deleted(service_principal().id, now()).expect("it was not deleted before");
        stores.sessions().update_many(account().id, &[&gone])
    });
    assert_eq!(find(harness, 1), None);
    assert_eq!(search(harness, FilterForm::default()), [2]);
    assert!(harness.write(|stores| stores.sessions().lock_many(account().id, &BTreeSet::from([guid(1)]))).is_empty());
}

fn search_order<U: UnitOfWork>(harness: &Harness<U>) {
    let at = |number, text: &str| Session { start: start(text), ..session(guid(number)) };
    store(
        harness,
        vec![at(3, "2026-01-01T10:00:00"), at(2, "2026-01-01T10:00:00"), at(4, "2026-01-01T09:00:00"), at(1, "2026-01-02T09:00:00")],
    );
    assert_eq!(search(harness, FilterForm::default()), [4, 2, 3, 1]);
}

fn search_long<U: UnitOfWork>(harness: &Harness<U>) {
    // Each text takes more than a thirtieth of the limit for the texts of one part of a page.
    let description = SessionDescription::new("😀".repeat(10_000)).ok();
    let long = |number| Session { description: description.clone(), ..named(number, "uzun ders") };
    store(harness, (5_001..=5_070).map(long).collect());
    assert_eq!(parts_of(harness, FilterForm::default()), ((5_034..=5_066).collect(), vec![27, 6]));
    // The search uses the index, since more than 2 000 sessions precede them.
    store(harness, (1..=2_100).map(|number| named(number, "kısa ders")).collect());
    let by_name = FilterForm { name: text("uzun"), ..FilterForm::default() };
    assert_eq!(parts_of(harness, by_name), ((5_034..=5_066).collect(), vec![27, 6]));
}

/// The second page of 33 sessions, and the number of sessions in each part of it.
fn parts_of<U: UnitOfWork>(harness: &Harness<U>, form: FilterForm) -> (Vec<u128>, Vec<usize>) {
    let form = FilterForm { page_number: Field::Given(2), page_size: Field::Given(33), ..form };
    let mut filter: SessionFilter = form.validate().expect("a valid filter");
    let (mut found, mut parts) = (Vec::new(), Vec::new());
    loop {
        let asked = filter.clone();
        let part = harness.read(move |stores| stores.sessions().search(account().id, &asked));
        parts.push(part.entries.len());
        filter.page = filter.page.after(u32::try_from(part.entries.len()).expect("a count"));
        found.extend(part.entries.iter().map(|session| session.guid.get().as_u128() & 0xffff));
        if !part.more {
            return (found, parts);
        }
    }
}

fn search_pages<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, (1..=250).map(|number| session(guid(number))).collect());
    let page = |number, size| {
        let form = FilterForm { page_number: Field::Given(number), page_size: Field::Given(size), ..Default::default() };
        search(harness, form)
    };
    assert_eq!(search(harness, FilterForm::default()), (1..=100).collect::<Vec<_>>());
    assert_eq!(page(3, 0), (201..=250).collect::<Vec<_>>());
    assert_eq!(page(2, 7), (8..=14).collect::<Vec<_>>());
    assert_eq!(page(1, 1_000).len(), 250);
    assert!(page(4_000_000_000, 1_000).is_empty());
}

fn search_texts<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![named(1, "İSTANBUL Işık"), named(2, "istanbul ışık"), named(3, "Ankara"), unusual(4)]);
    let by_name = |part: &str| search(harness, FilterForm { name: text(part), ..Default::default() });
    assert_eq!(by_name("istanbul"), [1, 2]);
    assert_eq!(by_name("ISTANBUL"), [1, 2]);
    assert_eq!(by_name(" IŞIK "), [1, 2, 4]);
    assert_eq!(by_name("kara"), [3]);
    assert_eq!(by_name("nowhere"), Vec::<u128>::new());
    assert_eq!(search(harness, FilterForm { description: text("DÖNEM"), ..Default::default() }), [4]);
}

fn search_wildcards<U: UnitOfWork>(harness: &Harness<U>) {
    store(harness, vec![named(1, "100%"), named(2, "100 points"), named(3, "a_b"), named(4, "axb"), named(5, r"back\slash")]);
    let by_name = |part: &str| search(harness, FilterForm { name: text(part), ..Default::default() });
    assert_eq!(by_name("0%"), [1]);
    assert_eq!(by_name("a_b"), [3]);
    assert_eq!(by_name(r"k\s"), [5]);
}

fn search_tags<U: UnitOfWork>(harness: &Harness<U>) {
    let tagged = |number, tags: &str| Session { tags: SessionTags::new(tags).ok(), ..session(guid(number)) };
    store(harness, vec![tagged(1, "Fizik, 2. Dönem"), tagged(2, "fizik"), tagged(3, "astrofizik,2. dönem"), session(guid(4))]);
    let by_tags = |tags: &str| search(harness, FilterForm { tags: text(tags), ..Default::default() });
    assert_eq!(by_tags("FİZİK"), [1, 2]);
    assert_eq!(by_tags("2. dönem , fizik"), [1]);
    assert_eq!(by_tags("kimya"), Vec::<u128>::new());
}

fn search_dates<U: UnitOfWork>(harness: &Harness<U>) {
    let at = |number, text: &str, zone: &str| Session {
        start: Start::at(start(text).civil(), Zone::parse(zone).expect("a zone")),
        ..session(guid(number))
    };
    // By civil time, the second starts before the first; by the instant, after it.
    store(
        harness,
        vec![
            at(1, "2026-05-02T10:00:00", "Pacific/Kiritimati"),
            at(2, "2026-05-01T23:00:00", "Pacific/Pago_Pago"),
            at(3, "2026-05-03T00:00:00", "Europe/Istanbul"),
        ],
    );
    let between =
        |begin: &str, end: &str| search(harness, FilterForm { begin_date: text(begin), end_date: text(end), ..Default::default() });
    assert_eq!(between("2026-05-01", "2026-05-01"), [2]);
    assert_eq!(between("2026-05-02", "2026-05-02"), [1]);
    assert_eq!(between("2026-05-02T10:00:00Z", ""), [1, 3]);
    assert_eq!(between("2026-05-02T10:00:01Z", ""), [3]);
    assert_eq!(between("", "2026-05-03T00:00:00"), [1, 2, 3]);
}

fn search_all_time<U: UnitOfWork>(harness: &Harness<U>) {
    let at = |number, text: &str| Session { start: start(text), ..session(guid(number)) };
    store(harness, vec![at(1, "9999-12-31T23:59:59.999999"), at(2, "2026-05-01T12:00:00"), at(3, "0001-01-02T00:00:00")]);
    let between =
        |begin: &str, end: &str| search(harness, FilterForm { begin_date: text(begin), end_date: text(end), ..Default::default() });
    assert_eq!(search(harness, FilterForm::default()), [3, 2, 1]);
    assert_eq!(between("0001-01-01", "9999-12-31"), [3, 2, 1]);
    assert_eq!(between("2026-05-01", "9999-12-31T23:59:59"), [2]);
    assert_eq!(between("9999-12-31", ""), [1]);
}

fn search_many_tags<U: UnitOfWork>(harness: &Harness<U>) {
    // One letter and one comma each: more does not fit into the field.
    let tags_from = |first: char| (first..).take(500).map(String::from).collect::<Vec<_>>().join(",");
    let (tags, others) = (tags_from('\u{4e00}'), tags_from('\u{4e01}'));
    let tagged = |number, tags: &str| Session { tags: SessionTags::new(tags).ok(), ..session(guid(number)) };
    store(harness, vec![tagged(1, &tags), tagged(2, &others)]);
    assert_eq!(search(harness, FilterForm { tags: text(&tags), ..Default::default() }), [1]);
}

fn search_exact<U: UnitOfWork>(harness: &Harness<U>) {
    let lasting =
        |number, minutes| Session { duration: SessionDuration::from_minutes(minutes).expect("a duration"), ..session(guid(number)) };
    store(harness, vec![lasting(1, 30), lasting(2, 60), lasting(3, 30)]);
    let by_duration = |minutes| search(harness, FilterForm { duration: Field::Given(minutes), ..Default::default() });
    assert_eq!(by_duration(30), [1, 3]);
    assert_eq!(by_duration(i64::MAX), Vec::<u128>::new());
    assert_eq!(search(harness, FilterForm { guid: text(&guid(2).to_string().to_lowercase()), ..Default::default() }), [2]);
    assert_eq!(search(harness, FilterForm { guid: text("nonsense"), ..Default::default() }), Vec::<u128>::new());
}
