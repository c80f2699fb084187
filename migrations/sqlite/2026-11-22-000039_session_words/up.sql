-- Searches find sessions by the same keys as on PostgreSQL, each a word: the account, the month of the start, and every three
-- letters in a row of a name or a description, each tag, the duration. Whoever writes sessions only notes which, and a sweep
-- follows; until then searches look at what was noted one by one.
DROP INDEX sessions_by_duration;

CREATE TABLE sessions_to_index (
    account_id INTEGER NOT NULL,
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    PRIMARY KEY (account_id, guid)
) STRICT, WITHOUT ROWID;

-- The sessions that the sweep has taken up, with the start that they then had: those that were written since are noted again.
CREATE TABLE session_index (
    id INTEGER NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL,
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    start_at TEXT NOT NULL,
    UNIQUE (account_id, guid),
    FOREIGN KEY (account_id, guid) REFERENCES sessions ON DELETE CASCADE
) STRICT;

-- The words of each, by its id. Only which session has a word is kept, neither where nor how often.
CREATE VIRTUAL TABLE session_words USING fts5 (
    words, content = '', contentless_delete = 1, detail = 'none', tokenize = "ascii tokenchars '_'"
);

CREATE TRIGGER session_words_go AFTER DELETE ON session_index BEGIN
    DELETE FROM session_words WHERE rowid = OLD.id;
END;

CREATE TRIGGER sessions_note_new AFTER INSERT ON sessions BEGIN
    INSERT INTO sessions_to_index (account_id, guid) VALUES (NEW.account_id, NEW.guid) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER sessions_note_changed AFTER UPDATE ON sessions
WHEN (OLD.status < 0) <> (NEW.status < 0) OR OLD.start_at <> NEW.start_at OR OLD.duration_minutes <> NEW.duration_minutes
    OR OLD.name_key <> NEW.name_key OR OLD.description_key IS NOT NEW.description_key OR OLD.tags_key IS NOT NEW.tags_key
BEGIN
    INSERT INTO sessions_to_index (account_id, guid) VALUES (NEW.account_id, NEW.guid) ON CONFLICT DO NOTHING;
END;

INSERT INTO sessions_to_index (account_id, guid) SELECT account_id, guid FROM sessions;
