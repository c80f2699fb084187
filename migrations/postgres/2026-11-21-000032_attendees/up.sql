-- Who takes part in a session: people of the account, and guests. There is no foreign key to sessions, which would be
-- checked row by row; a session is locked before its attendees are changed, and its row is never removed.
CREATE TABLE attendees (
    account_id bigint NOT NULL,
    session_guid uuid NOT NULL,
    guid uuid NOT NULL,
    user_guid uuid,
    attendance_code text NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    surname text NOT NULL,
    surname_key text NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    role text NOT NULL CONSTRAINT attendees_role_known CHECK (role IN ('a', 'e', 'u', 'e+', 'e-')),
    mobile text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, session_guid, guid),
    CONSTRAINT attendees_code_key UNIQUE (account_id, attendance_code),
    CONSTRAINT attendees_email_key UNIQUE (account_id, session_guid, email_key),
    CONSTRAINT attendees_user_key UNIQUE (account_id, session_guid, user_guid)
);
