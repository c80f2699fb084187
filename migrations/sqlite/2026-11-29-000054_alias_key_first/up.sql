-- The columns of the primary key come first: where a table WITHOUT ROWID has another column before one of them, SQLite before 3.41
-- looks for the values of the columns in the wrong places when it checks the database, and calls it damaged.
ALTER TABLE course_aliases RENAME TO old_course_aliases;
DROP INDEX course_aliases_by_course;

CREATE TABLE course_aliases (
    account_id INTEGER NOT NULL,
    project_id INTEGER NOT NULL,
    alias_key TEXT NOT NULL,
    alias TEXT NOT NULL,
    course_id INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, project_id, alias_key),
    FOREIGN KEY (account_id, course_id) REFERENCES courses (account_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO course_aliases (account_id, project_id, alias_key, alias, course_id, created_at)
SELECT account_id, project_id, alias_key, alias, course_id, created_at FROM old_course_aliases;

DROP TABLE old_course_aliases;

CREATE INDEX course_aliases_by_course ON course_aliases (account_id, course_id, alias);
