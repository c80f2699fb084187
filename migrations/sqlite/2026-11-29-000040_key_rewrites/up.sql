-- How far the program has come in making the keys of texts anew: for each table the rule by which its keys are made, and where
-- the next step begins. No account stands there once the table is done.
CREATE TABLE key_rewrites (
    subject TEXT NOT NULL PRIMARY KEY,
    rule INTEGER NOT NULL,
    account_id INTEGER,
    after_row TEXT NOT NULL
) STRICT;

-- The rows that keep an old key, since another row has the key that they should have.
CREATE TABLE key_twins (
    account_id INTEGER NOT NULL,
    subject TEXT NOT NULL,
    row_id TEXT NOT NULL,
    PRIMARY KEY (account_id, subject, row_id)
) STRICT, WITHOUT ROWID;

-- An alias is unique however its letters are composed.
ALTER TABLE course_aliases RENAME TO old_course_aliases;
DROP INDEX course_aliases_by_course;

CREATE TABLE course_aliases (
    account_id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    alias TEXT NOT NULL,
    course_id INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    alias_key TEXT NOT NULL,
    PRIMARY KEY (account_id, project_id, alias_key),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO course_aliases (account_id, project_id, alias, course_id, created_at, alias_key)
SELECT account_id, project_id, alias, course_id, created_at, alias FROM old_course_aliases;

DROP TABLE old_course_aliases;

CREATE INDEX course_aliases_by_course ON course_aliases (account_id, course_id, alias);
