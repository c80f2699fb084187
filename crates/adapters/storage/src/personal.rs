//! All columns of both databases, and what an erasure does with personal data in each. A test compares this with the schemas, so
//! each new column needs a decision here. Another test erases a person who occurs in all tables, and then searches all of them.

/// The effect of an erasure on a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureEffect {
    /// It holds no personal data: an id of another object, a state, a time, a number, or a text about courses or projects.
    NotPersonal,
    /// Data of the erased person is removed, with its row or from it.
    Erased,
    /// Data of the erased person stays, for this reason.
    Kept(&'static str),
}

/// The databases that have a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Both databases.
    Both,
    /// Only PostgreSQL.
    Postgres,
    /// Only SQLite.
    Sqlite,
}

/// A table with its columns.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The name of the table.
    pub name: &'static str,
    /// The databases that have it.
    pub presence: Presence,
    /// Its columns, each with the effect of an erasure.
    pub columns: &'static [(&'static str, ErasureEffect)],
}

use ErasureEffect::{Erased, Kept, NotPersonal};
use Presence::{Both, Postgres, Sqlite};

const TOMBSTONE: ErasureEffect = Kept("the tombstone: an id without a name, so that what others still need stays readable");
const DIGEST: ErasureEffect = Kept("a digest under a key of the installation, by which a known name is found and none is read");
const PIECES: ErasureEffect = Kept("three letters at a time and short tags, of ids that are gone, until segments of the index are merged");
const BITS: ErasureEffect = Kept("bits of the names of 100 sessions together, from which none is read, until the index has these sessions");
const ADMIN: ErasureEffect = Kept("of an admin of the installation, who is not a person of an account; it goes when the admin is removed");
const JOB: ErasureEffect = Kept("the jobs API shows what was asked for until the job is pruned");

const fn table(name: &'static str, presence: Presence, columns: &'static [(&'static str, ErasureEffect)]) -> Table {
    Table { name, presence, columns }
}

/// All tables of both databases.
pub const TABLES: &[Table] = &[
    table(
        "accounts",
        Both,
        &[
            ("id", NotPersonal),
            ("name", NotPersonal),
            ("lang", NotPersonal),
            ("timezone", NotPersonal),
            ("start_date_mode", NotPersonal),
            ("created_at", NotPersonal),
            ("member_course_creation", NotPersonal),
            ("grading_period_licence", NotPersonal),
            ("disabled_at", NotPersonal),
        ],
    ),
    table(
        "test_accounts",
        Both,
        &[("account_id", NotPersonal), ("public_id", NotPersonal), ("lives_until", NotPersonal), ("ended", NotPersonal)],
    ),
    // Admins are people who run the installation. They belong to no account, so no erasure of an account is about them: an admin
    // goes with its row when another admin removes it.
    table(
        "admins",
        Both,
        &[
            ("id", NotPersonal),
            ("name", ADMIN),
            ("name_key", ADMIN),
            ("role", NotPersonal),
            ("password_hash", ADMIN),
            ("created_at", NotPersonal),
        ],
    ),
    table("admin_sign_ins", Both, &[("digest", NotPersonal), ("admin_id", NotPersonal), ("expires_at", NotPersonal)]),
    table(
        "principals",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", TOMBSTONE),
            ("kind", NotPersonal),
            ("role", Erased),
            ("guid", TOMBSTONE),
            ("username", Erased),
            ("username_key", Erased),
            ("email", Erased),
            ("email_key", Erased),
            ("name", Erased),
            ("surname", Erased),
            ("status", NotPersonal),
            ("created_at", TOMBSTONE),
            ("updated_at", TOMBSTONE),
            ("name_key", Erased),
            ("surname_key", Erased),
            ("classroom_role", Erased),
            ("mobile", Erased),
            ("login_allowed", Erased),
            ("lang", Erased),
            ("timezone", Erased),
            ("expires_at", Erased),
            ("former_username", Erased),
            ("former_email", Erased),
        ],
    ),
    table("passwords", Both, &[("account_id", NotPersonal), ("principal_id", Erased), ("hash", Erased), ("changed_at", Erased)]),
    table(
        "credentials",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("principal_id", Erased),
            ("kind", NotPersonal),
            ("public_id", Erased),
            ("digest", Erased),
            ("scopes", NotPersonal),
            ("created_at", Erased),
            ("expires_at", Erased),
            ("revoked_at", Erased),
            ("project_id", NotPersonal),
            ("last_used_on", Erased),
            ("access_key_id", NotPersonal),
            ("grant_id", NotPersonal),
            ("exchanged_from", NotPersonal),
            ("parent_id", NotPersonal),
        ],
    ),
    // A service account is a program of the account, and not a person.
    table(
        "service_accounts",
        Both,
        &[
            ("account_id", NotPersonal),
            ("principal_id", NotPersonal),
            ("name", NotPersonal),
            ("scopes", NotPersonal),
            ("delegation", NotPersonal),
            ("created_at", NotPersonal),
        ],
    ),
    table("service_account_people", Both, &[("account_id", NotPersonal), ("principal_id", NotPersonal), ("person_id", Erased)]),
    table(
        "token_grants",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("principal_id", Erased),
            ("kind", NotPersonal),
            ("public_id", Erased),
            ("algorithm", NotPersonal),
            ("public_key", NotPersonal),
            ("client_digest", Erased),
            ("token_digest", Erased),
            ("scopes", NotPersonal),
            ("project_id", NotPersonal),
            ("created_at", Erased),
            ("expires_at", Erased),
            ("revoked_at", Erased),
            ("last_used_on", Erased),
        ],
    ),
    // Sessions that the person made and that have other attendees stay: their texts belong to the account.
    table(
        "sessions",
        Both,
        &[
            ("account_id", NotPersonal),
            ("guid", NotPersonal),
            ("name", Erased),
            ("name_key", Erased),
            ("description", Erased),
            ("description_key", Erased),
            ("tags", Erased),
            ("tags_key", Erased),
            ("start_at", NotPersonal),
            ("start_civil", NotPersonal),
            ("timezone", NotPersonal),
            ("duration_minutes", NotPersonal),
            ("lang", NotPersonal),
            ("status", NotPersonal),
            ("replay_status", NotPersonal),
            ("options", NotPersonal),
            ("allow_recording", NotPersonal),
            ("inaccessible_replay", NotPersonal),
            ("created_by", TOMBSTONE),
            ("updated_by", TOMBSTONE),
            ("created_at", NotPersonal),
            ("updated_at", NotPersonal),
        ],
    ),
    table(
        "session_index",
        Postgres,
        &[
            ("account_id", NotPersonal),
            ("guid", NotPersonal),
            ("deleted", NotPersonal),
            ("start_at", NotPersonal),
            ("start_civil", NotPersonal),
            ("duration_minutes", NotPersonal),
            ("name_key", Erased),
            ("description_key", Erased),
            ("tags_key", Erased),
        ],
    ),
    table("session_index", Sqlite, &[("id", NotPersonal), ("account_id", NotPersonal), ("guid", NotPersonal), ("start_at", NotPersonal)]),
    table("session_ends", Both, &[("account_id", NotPersonal), ("ends_at", NotPersonal), ("guid", NotPersonal)]),
    table("session_creators", Both, &[("account_id", NotPersonal), ("guid", NotPersonal), ("created_by", TOMBSTONE)]),
    table(
        "change_log",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("kind", NotPersonal),
            ("pending", NotPersonal),
            ("indexed", NotPersonal),
            ("ids", NotPersonal),
            ("name_bits", BITS),
        ],
    ),
    table("session_words", Sqlite, &[("words", Erased)]),
    table("session_words_config", Sqlite, &[("k", NotPersonal), ("v", NotPersonal)]),
    table("session_words_data", Sqlite, &[("id", NotPersonal), ("block", PIECES)]),
    table("session_words_docsize", Sqlite, &[("id", NotPersonal), ("sz", NotPersonal), ("origin", NotPersonal)]),
    table("session_words_idx", Sqlite, &[("segid", NotPersonal), ("term", PIECES), ("pgno", NotPersonal)]),
    table(
        "attendees",
        Both,
        &[
            ("account_id", NotPersonal),
            ("session_guid", NotPersonal),
            ("guid", Erased),
            ("user_guid", Erased),
            ("attendance_code", Erased),
            ("name", Erased),
            ("name_key", Erased),
            ("surname", Erased),
            ("surname_key", Erased),
            ("email", Erased),
            ("email_key", Erased),
            ("role", Erased),
            ("mobile", Erased),
            ("created_at", Erased),
            ("updated_at", Erased),
        ],
    ),
    table(
        "projects",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("key", NotPersonal),
            ("name", NotPersonal),
            ("name_key", NotPersonal),
            ("platform", NotPersonal),
            ("created_at", NotPersonal),
        ],
    ),
    table(
        "jobs",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("project_id", NotPersonal),
            ("action", NotPersonal),
            ("reference", JOB),
            ("reference_digest", JOB),
            ("priority", NotPersonal),
            ("status", NotPersonal),
            ("start_at", NotPersonal),
            ("due_at", NotPersonal),
            ("attempts", NotPersonal),
            ("worker", NotPersonal),
            ("lease_token", NotPersonal),
            ("lease_until", NotPersonal),
            ("started_at", NotPersonal),
            ("ended_at", NotPersonal),
            ("progress", NotPersonal),
            ("failures", NotPersonal),
            ("created_at", NotPersonal),
            ("updated_at", NotPersonal),
            ("trace_parent", NotPersonal),
            ("completed", NotPersonal),
        ],
    ),
    table("job_leases", Postgres, &[("account_id", NotPersonal), ("token", NotPersonal), ("until", NotPersonal), ("job_ids", NotPersonal)]),
    table(
        "audit_records",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("at", NotPersonal),
            ("event", NotPersonal),
            ("job_id", NotPersonal),
            ("subject", DIGEST),
            ("principal_id", TOMBSTONE),
            ("credential_id", TOMBSTONE),
            ("details", NotPersonal),
            ("object_id", TOMBSTONE),
            ("sealed", NotPersonal),
        ],
    ),
    // A seal is a code over ids and digests, under a key that is not in the database.
    table(
        "audit_seals",
        Both,
        &[("account_id", NotPersonal), ("seq", NotPersonal), ("record_id", NotPersonal), ("key_id", NotPersonal), ("seal", NotPersonal)],
    ),
    table(
        "audit_checkpoints",
        Both,
        &[
            ("account_id", NotPersonal),
            ("seq", NotPersonal),
            ("seal", NotPersonal),
            ("at", NotPersonal),
            ("key_id", NotPersonal),
            ("code", NotPersonal),
        ],
    ),
    table(
        "idempotency_keys",
        Both,
        &[
            ("account_id", NotPersonal),
            ("principal_id", TOMBSTONE),
            ("idempotency_key", Erased),
            ("request_digest", Erased),
            ("answer_status", NotPersonal),
            ("answer_body", Erased),
            ("kept_at", NotPersonal),
            ("erased", NotPersonal),
        ],
    ),
    table(
        "erasure_users",
        Both,
        &[("account_id", NotPersonal), ("job_id", NotPersonal), ("place", NotPersonal), ("reference", JOB), ("counts", NotPersonal)],
    ),
    table("erased_names", Both, &[("account_id", NotPersonal), ("job_id", NotPersonal), ("name", Erased)]),
    table(
        "courses",
        Both,
        &[
            ("account_id", NotPersonal),
            ("id", NotPersonal),
            ("revision", NotPersonal),
            ("state", NotPersonal),
            ("owner_id", TOMBSTONE),
            ("name", NotPersonal),
            ("section", NotPersonal),
            ("description_heading", NotPersonal),
            ("description", NotPersonal),
            ("room", NotPersonal),
            ("subject", NotPersonal),
            ("levels", NotPersonal),
            ("search_key", NotPersonal),
            ("enrollment_code", NotPersonal),
            ("group_name", NotPersonal),
            ("extras", NotPersonal),
            ("guardians_enabled", NotPersonal),
            ("calendar_id", NotPersonal),
            ("created_at", NotPersonal),
            ("updated_at", NotPersonal),
            ("first_active_at", NotPersonal),
            ("apply_grading_periods", NotPersonal),
            ("suspended_from", NotPersonal),
        ],
    ),
    table(
        "course_aliases",
        Both,
        &[
            ("account_id", NotPersonal),
            ("project_id", NotPersonal),
            ("alias", NotPersonal),
            ("alias_key", NotPersonal),
            ("course_id", NotPersonal),
            ("created_at", NotPersonal),
        ],
    ),
    table(
        "course_members",
        Both,
        &[
            ("account_id", NotPersonal),
            ("course_id", NotPersonal),
            ("user_id", Kept("of the owner of a course alone, who is a tombstone; other memberships are erased")),
            ("membership", NotPersonal),
            ("course_created_at", NotPersonal),
            ("added_at", NotPersonal),
        ],
    ),
    table(
        "grading_periods",
        Both,
        &[
            ("account_id", NotPersonal),
            ("course_id", NotPersonal),
            ("id", NotPersonal),
            ("title", NotPersonal),
            ("first_day", NotPersonal),
            ("last_day", NotPersonal),
        ],
    ),
    table("service_keys", Both, &[("name", NotPersonal), ("key", NotPersonal)]),
    table(
        "account_clocks",
        Both,
        &[("account_id", NotPersonal), ("frozen_at", NotPersonal), ("ahead_micros", NotPersonal), ("revision", NotPersonal)],
    ),
    table("schema_compatibility", Both, &[("id", NotPersonal), ("needs", NotPersonal)]),
    // These tables hold only ids of rows.
    table(
        "key_rewrites",
        Both,
        &[("subject", NotPersonal), ("rule", NotPersonal), ("account_id", NotPersonal), ("after_row", NotPersonal)],
    ),
    table("key_twins", Both, &[("account_id", NotPersonal), ("subject", NotPersonal), ("row_id", NotPersonal)]),
];
