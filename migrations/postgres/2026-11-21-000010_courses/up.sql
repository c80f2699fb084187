ALTER TABLE accounts
    ADD COLUMN member_course_creation text NOT NULL DEFAULT 'provisioned'
        CONSTRAINT accounts_member_course_creation_known CHECK (member_course_creation IN ('provisioned', 'active')),
    ADD COLUMN grading_period_licence text NOT NULL DEFAULT 'held'
        CONSTRAINT accounts_grading_period_licence_known CHECK (grading_period_licence IN ('held', 'missing'));

-- The project of the account to whose aliases the credential opens the way.
ALTER TABLE credentials ADD COLUMN project_id bigint;

-- extras holds what few courses have: a folder, materials and a gradebook of their own.
CREATE TABLE courses (
    account_id bigint NOT NULL,
    id bigint NOT NULL,
    revision bigint NOT NULL,
    state smallint NOT NULL CONSTRAINT courses_state_known CHECK (state BETWEEN 1 AND 5),
    owner_id bigint NOT NULL,
    name text NOT NULL,
    section text,
    description_heading text,
    description text,
    room text,
    subject text,
    levels text,
    search_key text NOT NULL,
    enrollment_code text NOT NULL,
    group_name text NOT NULL,
    extras jsonb NOT NULL,
    guardians_enabled boolean NOT NULL,
    calendar_id text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    first_active_at timestamptz,
    apply_grading_periods boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, owner_id) REFERENCES principals (account_id, id)
);

-- The order of every list, in one state; a list of several states merges the heads of several stretches.
CREATE INDEX courses_by_creation ON courses (account_id, state, created_at, id);
-- The courses that wait for a calendar, until somebody gives them one.
CREATE INDEX courses_awaiting_calendar ON courses (account_id, first_active_at, id)
    WHERE first_active_at IS NOT NULL AND calendar_id IS NULL;

-- project_id is 0 for an alias of the whole account.
CREATE TABLE course_aliases (
    account_id bigint NOT NULL,
    project_id bigint NOT NULL,
    alias text COLLATE "C" NOT NULL,
    course_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, project_id, alias),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE
);

CREATE INDEX course_aliases_by_course ON course_aliases (account_id, course_id, alias);

-- course_created_at never changes; it is repeated here so that the courses of a member are listed in their order.
CREATE TABLE course_members (
    account_id bigint NOT NULL,
    course_id bigint NOT NULL,
    user_id bigint NOT NULL,
    membership text NOT NULL CONSTRAINT course_members_membership_known CHECK (membership IN ('owner', 'teacher', 'student')),
    course_created_at timestamptz NOT NULL,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, course_id, user_id),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, user_id) REFERENCES principals (account_id, id)
);

CREATE INDEX course_members_by_user ON course_members (account_id, user_id, course_created_at, course_id);

CREATE TABLE grading_periods (
    account_id bigint NOT NULL,
    course_id bigint NOT NULL,
    id bigint NOT NULL,
    title text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    PRIMARY KEY (account_id, course_id, id),
    CONSTRAINT grading_periods_in_order CHECK (last_day >= first_day),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE
);

-- Random keys that every process of the installation shares, each made by whoever needs it first.
CREATE TABLE service_keys (
    name text NOT NULL PRIMARY KEY,
    key bytea NOT NULL
);
