-- Needs SQLite 3.41 or later, for `unhex`.
CREATE INDEX sessions_by_creator ON sessions (account_id, created_by, guid);

CREATE INDEX sessions_open ON sessions (account_id, start_at, guid) WHERE status BETWEEN 0 AND 2;
DROP TABLE session_creators;
DROP TABLE session_ends;

CREATE TABLE sessions_to_index (
    account_id INTEGER NOT NULL,
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    PRIMARY KEY (account_id, guid)
) STRICT, WITHOUT ROWID;

-- What any projection has not applied is indexed again.
INSERT INTO sessions_to_index (account_id, guid)
SELECT DISTINCT account_id, unhex(value) FROM change_log, json_each(ids) WHERE kind = 1;
DROP TABLE change_log;

CREATE TRIGGER sessions_note_new AFTER INSERT ON sessions BEGIN
    INSERT INTO sessions_to_index (account_id, guid) VALUES (NEW.account_id, NEW.guid) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER sessions_note_changed AFTER UPDATE ON sessions
WHEN (OLD.status < 0) <> (NEW.status < 0) OR OLD.start_at <> NEW.start_at OR OLD.duration_minutes <> NEW.duration_minutes
    OR OLD.name_key <> NEW.name_key OR OLD.description_key IS NOT NEW.description_key OR OLD.tags_key IS NOT NEW.tags_key
BEGIN
    INSERT INTO sessions_to_index (account_id, guid) VALUES (NEW.account_id, NEW.guid) ON CONFLICT DO NOTHING;
END;
