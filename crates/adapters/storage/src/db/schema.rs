//! The tables, declared once for both databases. A test compares this file with the result of the migrations.

diesel::table! {
    accounts (id) {
        id -> BigInt,
        name -> Text,
        lang -> Text,
        timezone -> Text,
        start_date_mode -> Text,
        created_at -> crate::db::types::Instant,
        member_course_creation -> Text,
        grading_period_licence -> Text,
        disabled_at -> Nullable<crate::db::types::Instant>,
    }
}

diesel::table! {
    admins (id) {
        id -> BigInt,
        name -> Text,
        name_key -> Text,
        role -> Text,
        password_hash -> Text,
        created_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    admin_sign_ins (digest) {
        digest -> Binary,
        admin_id -> BigInt,
        expires_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    principals (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        kind -> Text,
        role -> Text,
        guid -> crate::db::types::Guid,
        username -> Nullable<Text>,
        username_key -> Nullable<Text>,
        email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        name -> Text,
        surname -> Text,
        status -> Text,
        created_at -> crate::db::types::Instant,
        updated_at -> crate::db::types::Instant,
        name_key -> Text,
        surname_key -> Text,
        classroom_role -> Text,
        mobile -> Nullable<Text>,
        login_allowed -> Bool,
        lang -> Nullable<Text>,
        timezone -> Nullable<Text>,
        expires_at -> Nullable<crate::db::types::Instant>,
        former_username -> Nullable<Binary>,
        former_email -> Nullable<Binary>,
    }
}

diesel::table! {
    passwords (account_id, principal_id) {
        account_id -> BigInt,
        principal_id -> BigInt,
        hash -> Text,
        changed_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    credentials (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        principal_id -> BigInt,
        kind -> Text,
        public_id -> Text,
        digest -> Binary,
        scopes -> Text,
        created_at -> crate::db::types::Instant,
        expires_at -> Nullable<crate::db::types::Instant>,
        revoked_at -> Nullable<crate::db::types::Instant>,
        project_id -> Nullable<BigInt>,
        last_used_on -> Nullable<Date>,
        access_key_id -> Nullable<BigInt>,
        grant_id -> Nullable<BigInt>,
        exchanged_from -> Nullable<BigInt>,
        parent_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    service_accounts (account_id, principal_id) {
        account_id -> BigInt,
        principal_id -> BigInt,
        name -> Text,
        scopes -> Text,
        delegation -> Text,
        created_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    service_account_people (account_id, principal_id, person_id) {
        account_id -> BigInt,
        principal_id -> BigInt,
        person_id -> BigInt,
    }
}

diesel::table! {
    token_grants (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        principal_id -> BigInt,
        kind -> Text,
        public_id -> Text,
        algorithm -> Nullable<Text>,
        public_key -> Nullable<Binary>,
        client_digest -> Nullable<Binary>,
        token_digest -> Nullable<Binary>,
        scopes -> Text,
        project_id -> Nullable<BigInt>,
        created_at -> crate::db::types::Instant,
        expires_at -> Nullable<crate::db::types::Instant>,
        revoked_at -> Nullable<crate::db::types::Instant>,
        last_used_on -> Nullable<Date>,
    }
}

diesel::table! {
    sessions (account_id, guid) {
        account_id -> BigInt,
        guid -> crate::db::types::Guid,
        name -> Text,
        name_key -> Text,
        description -> Nullable<Text>,
        description_key -> Nullable<Text>,
        tags -> Nullable<Text>,
        tags_key -> Nullable<Text>,
        start_at -> crate::db::types::Instant,
        start_civil -> crate::db::types::Civil,
        timezone -> Text,
        duration_minutes -> SmallInt,
        lang -> Text,
        status -> SmallInt,
        replay_status -> SmallInt,
        options -> crate::db::types::Json,
        allow_recording -> Bool,
        inaccessible_replay -> Bool,
        created_by -> BigInt,
        updated_by -> BigInt,
        created_at -> crate::db::types::Instant,
        updated_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    change_log (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        kind -> SmallInt,
        pending -> SmallInt,
        indexed -> Integer,
        ids -> crate::db::types::Guids,
        name_bits -> Nullable<crate::db::types::Bits>,
    }
}

diesel::table! {
    session_ends (account_id, ends_at, guid) {
        account_id -> BigInt,
        ends_at -> crate::db::types::Instant,
        guid -> crate::db::types::Guid,
    }
}

diesel::table! {
    session_creators (account_id, guid) {
        account_id -> BigInt,
        guid -> crate::db::types::Guid,
        created_by -> BigInt,
    }
}

diesel::table! {
    projects (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        key -> Text,
        name -> Text,
        name_key -> Text,
        platform -> Text,
        created_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    jobs (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        project_id -> BigInt,
        action -> Text,
        reference -> Text,
        reference_digest -> Binary,
        priority -> SmallInt,
        status -> Text,
        start_at -> crate::db::types::Instant,
        due_at -> crate::db::types::Instant,
        attempts -> SmallInt,
        worker -> Nullable<crate::db::types::Guid>,
        lease_token -> Nullable<crate::db::types::Guid>,
        lease_until -> Nullable<crate::db::types::Instant>,
        started_at -> Nullable<crate::db::types::Instant>,
        ended_at -> Nullable<crate::db::types::Instant>,
        progress -> Nullable<crate::db::types::Json>,
        failures -> crate::db::types::Json,
        created_at -> crate::db::types::Instant,
        updated_at -> crate::db::types::Instant,
        trace_parent -> Nullable<Text>,
        completed -> Nullable<Bool>,
    }
}

diesel::table! {
    attendees (account_id, session_guid, guid) {
        account_id -> BigInt,
        session_guid -> crate::db::types::Guid,
        guid -> crate::db::types::Guid,
        user_guid -> Nullable<crate::db::types::Guid>,
        attendance_code -> Text,
        name -> Text,
        name_key -> Text,
        surname -> Text,
        surname_key -> Text,
        email -> Text,
        email_key -> Text,
        role -> Text,
        mobile -> Nullable<Text>,
        created_at -> crate::db::types::Instant,
        updated_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    audit_records (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        at -> crate::db::types::Instant,
        event -> Text,
        job_id -> Nullable<BigInt>,
        subject -> Nullable<Binary>,
        principal_id -> Nullable<BigInt>,
        credential_id -> Nullable<BigInt>,
        details -> crate::db::types::Json,
        object_id -> Nullable<BigInt>,
        sealed -> Bool,
    }
}

diesel::table! {
    audit_seals (account_id, seq) {
        account_id -> BigInt,
        seq -> BigInt,
        record_id -> BigInt,
        key_id -> Binary,
        seal -> Binary,
    }
}

diesel::table! {
    audit_checkpoints (account_id) {
        account_id -> BigInt,
        seq -> BigInt,
        seal -> Binary,
        at -> crate::db::types::Instant,
        key_id -> Binary,
        code -> Binary,
    }
}

diesel::table! {
    idempotency_keys (account_id, principal_id, idempotency_key) {
        account_id -> BigInt,
        principal_id -> BigInt,
        idempotency_key -> Text,
        request_digest -> Binary,
        answer_status -> SmallInt,
        answer_body -> Binary,
        kept_at -> crate::db::types::Instant,
        erased -> Bool,
    }
}

diesel::table! {
    erased_names (account_id, job_id, name) {
        account_id -> BigInt,
        job_id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    erasure_users (account_id, job_id, place) {
        account_id -> BigInt,
        job_id -> BigInt,
        place -> Integer,
        reference -> Text,
        counts -> Nullable<crate::db::types::Json>,
    }
}

diesel::table! {
    courses (account_id, id) {
        account_id -> BigInt,
        id -> BigInt,
        revision -> BigInt,
        state -> SmallInt,
        owner_id -> BigInt,
        name -> Text,
        section -> Nullable<Text>,
        description_heading -> Nullable<Text>,
        description -> Nullable<Text>,
        room -> Nullable<Text>,
        subject -> Nullable<Text>,
        levels -> Nullable<Text>,
        search_key -> Text,
        enrollment_code -> Text,
        group_name -> Text,
        extras -> crate::db::types::Json,
        guardians_enabled -> Bool,
        calendar_id -> Nullable<Text>,
        created_at -> crate::db::types::Instant,
        updated_at -> crate::db::types::Instant,
        first_active_at -> Nullable<crate::db::types::Instant>,
        apply_grading_periods -> Bool,
        suspended_from -> Nullable<SmallInt>,
    }
}

diesel::table! {
    course_aliases (account_id, project_id, alias_key) {
        account_id -> BigInt,
        project_id -> BigInt,
        alias -> Text,
        course_id -> BigInt,
        created_at -> crate::db::types::Instant,
        alias_key -> Text,
    }
}

diesel::table! {
    key_rewrites (subject) {
        subject -> Text,
        rule -> SmallInt,
        account_id -> Nullable<BigInt>,
        after_row -> Text,
    }
}

diesel::table! {
    key_twins (account_id, subject, row_id) {
        account_id -> BigInt,
        subject -> Text,
        row_id -> Text,
    }
}

diesel::table! {
    course_members (account_id, course_id, user_id) {
        account_id -> BigInt,
        course_id -> BigInt,
        user_id -> BigInt,
        membership -> Text,
        course_created_at -> crate::db::types::Instant,
        added_at -> crate::db::types::Instant,
    }
}

diesel::table! {
    grading_periods (account_id, course_id, id) {
        account_id -> BigInt,
        course_id -> BigInt,
        id -> BigInt,
        title -> Text,
        first_day -> Date,
        last_day -> Date,
    }
}

diesel::table! {
    account_clocks (account_id) {
        account_id -> BigInt,
        frozen_at -> Nullable<crate::db::types::Instant>,
        ahead_micros -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

diesel::table! {
    service_keys (name) {
        name -> Text,
        key -> Binary,
    }
}

diesel::table! {
    test_accounts (account_id) {
        account_id -> BigInt,
        public_id -> BigInt,
        lives_until -> Nullable<crate::db::types::Instant>,
        ended -> Bool,
    }
}

diesel::table! {
    schema_compatibility (id) {
        id -> SmallInt,
        needs -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(admin_sign_ins, admins);
diesel::allow_tables_to_appear_in_same_query!(attendees, sessions);
diesel::allow_tables_to_appear_in_same_query!(audit_records, audit_seals);
diesel::allow_tables_to_appear_in_same_query!(erased_names, jobs);
diesel::allow_tables_to_appear_in_same_query!(erasure_users, jobs);
diesel::allow_tables_to_appear_in_same_query!(jobs, projects);
diesel::allow_tables_to_appear_in_same_query!(principals, service_accounts);
diesel::allow_tables_to_appear_in_same_query!(accounts, test_accounts);
diesel::allow_tables_to_appear_in_same_query!(accounts, course_aliases, course_members, courses, credentials, principals);
