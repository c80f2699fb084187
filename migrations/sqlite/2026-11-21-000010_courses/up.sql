ALTER TABLE accounts ADD COLUMN member_course_creation TEXT NOT NULL DEFAULT 'provisioned'
    CHECK (member_course_creation IN ('provisioned', 'active'));
ALTER TABLE accounts ADD COLUMN grading_period_licence TEXT NOT NULL DEFAULT 'held'
    CHECK (grading_period_licence IN ('held', 'missing'));

-- The project of the account to whose aliases the credential opens the way.
ALTER TABLE credentials ADD COLUMN project_id INTEGER;

-- extras holds what few courses have: a folder, materials and a gradebook of their own.
CREATE TABLE courses (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
    owner_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    section TEXT,
    description_heading TEXT,
    description TEXT,
    room TEXT,
    subject TEXT,
    levels TEXT,
    search_key TEXT NOT NULL,
    enrollment_code TEXT NOT NULL,
    group_name TEXT NOT NULL,
    extras TEXT NOT NULL CHECK (json_valid(extras)),
    guardians_enabled INTEGER NOT NULL CHECK (guardians_enabled IN (0, 1)),
    calendar_id TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    first_active_at TEXT,
    apply_grading_periods INTEGER NOT NULL DEFAULT 0 CHECK (apply_grading_periods IN (0, 1)),
    PRIMARY KEY (account_id, id),
    FOREIGN KEY (account_id, owner_id) REFERENCES principals (account_id, id)
) STRICT;

-- The order of every list, in one state; a list of several states merges the heads of several stretches.
CREATE INDEX courses_by_creation ON courses (account_id, state, created_at, id);
-- The courses that wait for a calendar, until somebody gives them one.
CREATE INDEX courses_awaiting_calendar ON courses (account_id, first_active_at, id)
    WHERE first_active_at IS NOT NULL AND calendar_id IS NULL;

-- project_id is 0 for an alias of the whole account.
CREATE TABLE course_aliases (
    account_id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    alias TEXT NOT NULL,
    course_id INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, project_id, alias),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX course_aliases_by_course ON course_aliases (account_id, course_id, alias);

-- course_created_at never changes; it is repeated here so that the courses of a member are listed in their order.
CREATE TABLE course_members (
    account_id INTEGER NOT NULL,
    course_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    membership TEXT NOT NULL CHECK (membership IN ('owner', 'teacher', 'student')),
    course_created_at TEXT NOT NULL,
    added_at TEXT NOT NULL,
    PRIMARY KEY (account_id, course_id, user_id),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, user_id) REFERENCES principals (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX course_members_by_user ON course_members (account_id, user_id, course_created_at, course_id);

CREATE TABLE grading_periods (
    account_id INTEGER NOT NULL,
    course_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    title TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    PRIMARY KEY (account_id, course_id, id),
    CHECK (last_day >= first_day),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Random keys that every process of the installation shares, each made by whoever needs it first.
CREATE TABLE service_keys (
    name TEXT NOT NULL PRIMARY KEY,
    key BLOB NOT NULL
) STRICT;
