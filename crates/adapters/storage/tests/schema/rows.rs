//! Rows for every table of a backup, by hand: every column has a value in one of them, and every column that may be null is null in
//! another. Texts have what databases like to change: quotes, line breaks, letters beyond ASCII, and characters that look like digits.

use serde_json::{Value, json};

const AT: &str = "2025-02-06T13:07:35.488565Z";
const EARLY: &str = "0001-01-01T00:00:00.000000Z";
const LATE: &str = "9999-12-31T23:59:59.999999Z";
const CIVIL: &str = "2025-02-06T16:07:35.000001";
const TEXT: &str = "Işık'ın \"dersi\"\n\t\\ 𝒳 سلام \u{1}\u{7f} %_ {}";
/// A step of a distributed trace.
const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn digest(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

fn guid(number: u8) -> String {
    format!("{number:032x}")
}

/// The tables in the order of a backup, each with its rows.
pub(super) fn all() -> Vec<(&'static str, Vec<Value>)> {
    [people(), sessions(), courses(), work(), log()].concat()
}

fn people() -> Vec<(&'static str, Vec<Value>)> {
    let account = |id: i64, name: &str, disabled: Value| {
        json!({
            "id": id, "name": name, "lang": "tr", "timezone": "Europe/Istanbul", "start_date_mode": "civil", "created_at": EARLY,
            "member_course_creation": "active", "grading_period_licence": "missing", "disabled_at": disabled,
        })
    };
    let key = |id: i64, kind: &str, more: [Value; 4]| {
        let [expires, revoked, project, used] = more;
        let is_token = kind == "access_token";
        json!({
            "account_id": 7, "id": id, "principal_id": 2, "kind": kind, "public_id": format!("public-{id}"), "digest": digest(1),
            "scopes": "sessions:read", "created_at": AT, "expires_at": expires, "revoked_at": revoked, "project_id": project,
            "last_used_on": used, "access_key_id": is_token.then_some(4), "grant_id": is_token.then_some(11),
            "exchanged_from": is_token.then_some(4), "parent_id": is_token.then_some(5),
        })
    };
    vec![
        ("accounts", vec![account(7, "okul", Value::Null), account(9_007_199_254_740_993, TEXT, json!(LATE))]),
        (
            "admins",
            vec![json!({ "id": 3, "name": TEXT, "name_key": "a", "role": "viewer", "password_hash": "$argon2id$x", "created_at": AT })],
        ),
        ("principals", vec![tombstone(-3), person(2)]),
        ("passwords", vec![json!({ "account_id": 7, "principal_id": 2, "hash": "$argon2id$y", "changed_at": AT })]),
        (
            "service_accounts",
            vec![json!({
                "account_id": 7, "principal_id": 2, "name": "timetable", "scopes": "classroom.courses", "delegation": "people",
                "created_at": AT,
            })],
        ),
        ("service_account_people", vec![json!({ "account_id": 7, "principal_id": 2, "person_id": -3 })]),
        ("token_grants", grants()),
        (
            "credentials",
            vec![
                key(4, "access_key", [Value::Null, Value::Null, Value::Null, Value::Null]),
                key(5, "access_token", [json!(LATE), json!(AT), json!(1_000), json!("2024-02-29")]),
            ],
        ),
        (
            "projects",
            vec![json!({
                "account_id": 7, "id": 1_000, "key": "3sWXSsqHgSKnE87YkNJK", "name": TEXT, "name_key": "p", "platform": "ios",
                "created_at": AT,
            })],
        ),
    ]
}

fn grants() -> Vec<Value> {
    let key = json!({
        "account_id": 7, "id": 10, "principal_id": 2, "kind": "service_key", "public_id": "0a", "algorithm": "ES256",
        "public_key": "3059", "client_digest": null, "token_digest": null, "scopes": "", "project_id": null, "created_at": AT,
        "expires_at": null, "revoked_at": null, "last_used_on": null,
    });
    let refresh_token = json!({
        "account_id": 7, "id": 11, "principal_id": 2, "kind": "refresh_token", "public_id": "0b", "algorithm": null, "public_key": null,
        "client_digest": digest(11), "token_digest": digest(12), "scopes": "classroom.courses", "project_id": 1_000, "created_at": AT,
        "expires_at": LATE, "revoked_at": AT, "last_used_on": "2024-02-29",
    });
    vec![key, refresh_token]
}

fn person(id: i64) -> Value {
    json!({
        "account_id": 7, "id": id, "kind": "user", "role": "admin", "guid": guid(2), "username": "İnci", "username_key": "inci",
        "email": "inci@okul.example", "email_key": "inci@okul.example", "name": TEXT, "surname": "", "status": "active",
        "created_at": AT, "updated_at": AT, "name_key": "isik", "surname_key": "", "classroom_role": "e+", "mobile": "+90",
        "login_allowed": true, "lang": "ar", "timezone": "Asia/Riyadh", "expires_at": LATE, "former_username": digest(2),
        "former_email": digest(3),
    })
}

fn tombstone(id: i64) -> Value {
    json!({
        "account_id": 7, "id": id, "kind": "user", "role": "member", "guid": guid(3), "username": null, "username_key": null,
        "email": null, "email_key": null, "name": "", "surname": "", "status": "deleted", "created_at": AT, "updated_at": AT,
        "name_key": "", "surname_key": "", "classroom_role": "u", "mobile": null, "login_allowed": false, "lang": null,
        "timezone": null, "expires_at": null, "former_username": null, "former_email": null,
    })
}

fn sessions() -> Vec<(&'static str, Vec<Value>)> {
    let session = |number: u8, text: Value, status: i64| {
        json!({
            "account_id": 7, "guid": guid(number), "name": TEXT, "name_key": "ders", "description": text, "description_key": text,
            "tags": text, "tags_key": text, "start_at": AT, "start_civil": CIVIL, "timezone": "Europe/Istanbul",
            "duration_minutes": 45, "lang": "tr", "status": status, "replay_status": 0,
            "options": { "b": [1, 2.5, null, "ü"], "a": { "z": true, "y": -0.125 } }, "allow_recording": true,
            "inaccessible_replay": false, "created_by": 2, "updated_by": -3, "created_at": AT, "updated_at": LATE,
        })
    };
    let attendee = |number: u8, mobile: Value, user: Value| {
        json!({
            "account_id": 7, "session_guid": guid(0x11), "guid": guid(number), "user_guid": user,
            "attendance_code": format!("code{number}"), "name": TEXT, "name_key": "a", "surname": "b", "surname_key": "b",
            "email": format!("{number}@okul.example"), "email_key": format!("{number}@okul.example"), "role": "e-", "mobile": mobile,
            "created_at": AT, "updated_at": AT,
        })
    };
    vec![
        ("sessions", vec![session(0x11, json!(TEXT), 0), session(0xf2, Value::Null, -1)]),
        ("attendees", vec![attendee(0x21, json!("+90"), json!(guid(2))), attendee(0xe1, Value::Null, Value::Null)]),
    ]
}

fn courses() -> Vec<(&'static str, Vec<Value>)> {
    let course = |id: i64, text: Value, at: Value, from: Value| {
        json!({
            "account_id": 7, "id": id, "revision": 12, "state": 5, "owner_id": 2, "name": TEXT, "section": text,
            "description_heading": text, "description": text, "room": text, "subject": text, "levels": text, "search_key": "k",
            "enrollment_code": format!("code{id}"), "group_name": "g", "extras": { "materials": [{ "title": "ş\"" }], "empty": {} },
            "guardians_enabled": true, "calendar_id": text, "created_at": AT, "updated_at": AT, "first_active_at": at,
            "apply_grading_periods": true, "suspended_from": from,
        })
    };
    let alias =
        |alias: &str| json!({ "account_id": 7, "project_id": 0, "alias": alias, "alias_key": alias, "course_id": 8, "created_at": AT });
    vec![
        ("courses", vec![course(8, json!("00012"), json!(AT), json!(2)), course(9, Value::Null, Value::Null, Value::Null)]),
        // In the order of their bytes, which is not that of a collation.
        ("course_aliases", vec![alias("d:B"), alias("d:a"), alias("d:ç")]),
        (
            "course_members",
            vec![json!({
                "account_id": 7, "course_id": 8, "user_id": 2, "membership": "owner", "course_created_at": AT, "added_at": AT,
            })],
        ),
        (
            "grading_periods",
            vec![json!({
                "account_id": 7, "course_id": 8, "id": 1, "title": TEXT, "first_day": "2026-01-01", "last_day": "2026-06-01",
            })],
        ),
    ]
}

fn work() -> Vec<(&'static str, Vec<Value>)> {
    let job = |id: i64, status: &str, lease: [Value; 4], ended: Value, progress: Value, trace: Value| {
        let [worker, token, until, started] = lease;
        json!({
            "account_id": 7, "id": id, "project_id": 1_000, "action": "delete_user_data", "reference": format!("{TEXT}{id}"),
            "reference_digest": digest(4), "priority": 2, "status": status, "start_at": AT, "due_at": AT, "attempts": 1,
            "worker": worker, "lease_token": token, "lease_until": until, "started_at": started, "ended_at": ended,
            "progress": progress, "failures": [{ "at": 5, "text": "no" }], "created_at": AT, "updated_at": AT,
            "trace_parent": trace, "completed": (status == "completed").then_some(true),
        })
    };
    let running = [json!(guid(0x31)), json!(guid(0x32)), json!(AT), json!(AT)];
    let nothing = [Value::Null, Value::Null, Value::Null, Value::Null];
    vec![
        (
            "jobs",
            vec![
                job(40, "running", running, Value::Null, json!({ "rows": 12 }), json!(TRACE)),
                job(41, "completed", nothing, json!(AT), Value::Null, Value::Null),
            ],
        ),
        (
            "erasure_users",
            vec![
                json!({ "account_id": 7, "job_id": 40, "place": 0, "reference": TEXT, "counts": { "sessions": 3, "profile": 1 } }),
                json!({ "account_id": 7, "job_id": 40, "place": 1, "reference": "ali", "counts": null }),
            ],
        ),
        (
            "idempotency_keys",
            vec![json!({
                "account_id": 7, "principal_id": 2, "idempotency_key": TEXT, "request_digest": digest(5), "answer_status": 201,
                "answer_body": "00ff0a22", "kept_at": AT, "erased": true,
            })],
        ),
        ("erased_names", vec![json!({ "account_id": 7, "job_id": 40, "name": TEXT })]),
    ]
}

fn log() -> Vec<(&'static str, Vec<Value>)> {
    let record = |id: i64, numbers: Value, subject: Value, sealed: bool| {
        json!({
            "account_id": 7, "id": id, "at": AT, "event": "erasure_requested", "job_id": numbers, "subject": subject,
            "principal_id": numbers, "credential_id": numbers, "details": { "sessions": 2, "answers": 18_446_744_073_709_551_615_u64 },
            "object_id": numbers, "sealed": sealed,
        })
    };
    let key = |name: &str| json!({ "name": name, "key": digest(6) });
    vec![
        ("audit_records", vec![record(60, json!(1), json!(digest(7)), true), record(61, Value::Null, Value::Null, false)]),
        ("audit_seals", vec![json!({ "account_id": 7, "seq": 2, "record_id": 60, "key_id": "0102030405060708", "seal": digest(8) })]),
        (
            "audit_checkpoints",
            vec![json!({
                "account_id": 7, "seq": 1, "seal": digest(9), "at": AT, "key_id": "0102030405060708", "code": digest(10),
            })],
        ),
        ("service_keys", vec![key("audit"), key("tombstones")]),
        (
            "key_rewrites",
            vec![
                json!({ "subject": "courses", "rule": 1, "account_id": null, "after_row": "" }),
                json!({ "subject": "users", "rule": 1, "account_id": 7, "after_row": "2" }),
            ],
        ),
        ("key_twins", vec![json!({ "account_id": 7, "subject": "sessions", "row_id": "1" })]),
    ]
}
