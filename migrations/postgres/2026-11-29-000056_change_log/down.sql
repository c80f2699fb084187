ALTER TABLE session_index ADD COLUMN created_by bigint;
UPDATE session_index SET created_by = sessions.created_by FROM sessions
WHERE sessions.account_id = session_index.account_id AND sessions.guid = session_index.guid;
ALTER TABLE session_index ALTER COLUMN created_by SET NOT NULL;
CREATE INDEX session_index_by_creator ON session_index (account_id, created_by, guid);
DROP TABLE session_creators;

-- What any projection has not applied is indexed again.
CREATE TABLE sessions_to_index (
    account_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    guids uuid[] NOT NULL,
    PRIMARY KEY (account_id, id)
);

INSERT INTO sessions_to_index (account_id, guids) SELECT account_id, ids FROM change_log WHERE kind = 1 ORDER BY account_id, id;
DROP TABLE change_log;
