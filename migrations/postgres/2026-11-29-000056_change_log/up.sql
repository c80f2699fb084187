-- What each transaction wrote, one row for a kind of objects: their ids. The bits of `pending` are the projections that have not
-- applied the row yet: 1 the search index, 2 the ends of sessions, 4 their creators. A row without a bit is deleted. `indexed` is
-- the number of ids, from the first on, that the search index has applied of a row that it applies in parts.
CREATE TABLE change_log (
    account_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind smallint NOT NULL,
    pending smallint NOT NULL CHECK (pending > 0),
    indexed integer NOT NULL DEFAULT 0,
    ids uuid[] NOT NULL,
    PRIMARY KEY (account_id, id)
);

-- The search index may lag behind by many rows. The other projections step over none of them. With this form of the condition, a
-- planner without statistics expects fewer rows here than in the table.
CREATE INDEX change_log_beside_search ON change_log (account_id, id) WHERE pending > 1;

-- The rows of an account get their ids in the order of the rows before them. They are of kind 1: sessions.
INSERT INTO change_log (account_id, kind, pending, ids) SELECT account_id, 1, 7, guids FROM sessions_to_index ORDER BY account_id, id;
DROP TABLE sessions_to_index;

-- Which principal created which session. Every session is in here, or pending for it.
CREATE TABLE session_creators (
    account_id bigint NOT NULL,
    guid uuid NOT NULL,
    created_by bigint NOT NULL,
    PRIMARY KEY (account_id, guid),
    CONSTRAINT session_creators_of_session FOREIGN KEY (account_id, guid) REFERENCES sessions ON DELETE CASCADE
);

INSERT INTO session_creators (account_id, guid, created_by) SELECT account_id, guid, created_by FROM session_index;
CREATE INDEX session_creators_by_creator ON session_creators (account_id, created_by, guid);
ALTER TABLE session_index DROP COLUMN created_by;
