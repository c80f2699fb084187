-- What each transaction wrote, one row for a kind of objects: their ids, a JSON array of GUIDs in hexadecimal digits. The program
-- writes it, not a trigger. The bits of `pending` are the projections that have not applied the row yet: 1 the search index, 2 the
-- ends of sessions, 4 their creators. A row without a bit is deleted. `indexed` is the number of ids, from the first on, that the
-- search index has applied of a row that it applies in parts.
DROP TRIGGER sessions_note_changed;
DROP TRIGGER sessions_note_new;

CREATE TABLE change_log (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind INTEGER NOT NULL,
    pending INTEGER NOT NULL CHECK (pending > 0),
    indexed INTEGER NOT NULL DEFAULT 0,
    ids TEXT NOT NULL CHECK (json_valid(ids)),
    UNIQUE (account_id, id)
) STRICT;

-- The search index may lag behind by many rows. The other projections step over none of them. With this form of the condition, a
-- planner without statistics expects fewer rows here than in the table.
CREATE INDEX change_log_beside_search ON change_log (account_id, id) WHERE pending > 1;

-- Of kind 1: sessions. The other projections are complete at once.
INSERT INTO change_log (account_id, kind, pending, ids)
SELECT account_id, 1, 1, json_group_array(lower(hex(guid)))
FROM (SELECT account_id, guid, (row_number() OVER (PARTITION BY account_id ORDER BY guid) - 1) / 1000 AS part FROM sessions_to_index)
GROUP BY account_id, part
ORDER BY account_id, part;
DROP TABLE sessions_to_index;

-- When sessions end that have not ended. A session that was moved has a row for each end that it had.
CREATE TABLE session_ends (
    account_id INTEGER NOT NULL,
    ends_at TEXT NOT NULL,
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    PRIMARY KEY (account_id, ends_at, guid)
) STRICT, WITHOUT ROWID;

INSERT INTO session_ends (account_id, ends_at, guid)
SELECT account_id,
    -- `strftime` knows no year after 9999. A session that ends later ends with that year.
    coalesce(strftime('%Y-%m-%dT%H:%M:%S', start_at, duration_minutes || ' minutes'), '9999-12-31T23:59:59') || substr(start_at, 20),
    guid
FROM sessions WHERE status BETWEEN 0 AND 2;
DROP INDEX sessions_open;

-- Which principal created which session. Every session is in here, or pending for it.
CREATE TABLE session_creators (
    account_id INTEGER NOT NULL,
    guid BLOB NOT NULL CHECK (length(guid) = 16),
    created_by INTEGER NOT NULL,
    PRIMARY KEY (account_id, guid),
    FOREIGN KEY (account_id, guid) REFERENCES sessions ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO session_creators (account_id, guid, created_by) SELECT account_id, guid, created_by FROM sessions;
CREATE INDEX session_creators_by_creator ON session_creators (account_id, created_by, guid);
DROP INDEX sessions_by_creator;
