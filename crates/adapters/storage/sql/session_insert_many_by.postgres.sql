-- Without a row if the author may not act any more. The lock waits for a transaction that deletes the author, and then sees the
-- result. A transaction that deletes the author later waits for this one.
WITH author AS (
    SELECT id FROM principals WHERE account_id = $1 AND id = $2 AND status = 'active' FOR KEY SHARE
),
-- The records for the projections of sessions, one for each 100 of them.
recorded AS (
    INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
    SELECT $3, $4, $5, ($6)[place : place + 99], name_bits
    FROM author, unnest($7, $8) AS part (place, name_bits)
)
INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, timezone,
    duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at,
    updated_at)
SELECT $9, new.* FROM author, (SELECT unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15), unnest($16),
    unnest($17), unnest($18), unnest($19), unnest($20), unnest($21), unnest($22), unnest($23), unnest($24), unnest($25), unnest($26),
    unnest($27), unnest($28), unnest($29), unnest($30)) AS new
