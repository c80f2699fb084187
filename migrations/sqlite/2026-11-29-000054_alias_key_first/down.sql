ALTER TABLE course_aliases RENAME TO new_course_aliases;
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
SELECT account_id, project_id, alias, course_id, created_at, alias_key FROM new_course_aliases;

DROP TABLE new_course_aliases;

CREATE INDEX course_aliases_by_course ON course_aliases (account_id, course_id, alias);
