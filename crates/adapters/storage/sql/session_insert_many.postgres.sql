-- The records for the projections of sessions, one for each 100 of them.
WITH recorded AS (
    INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
    SELECT $1, $2, $3, ($4)[place : place + 99], name_bits
    FROM unnest($5, $6) AS part (place, name_bits)
)
INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, timezone,
    duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at,
    updated_at)
SELECT $7, new.* FROM (SELECT unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15),
    unnest($16), unnest($17), unnest($18), unnest($19), unnest($20), unnest($21), unnest($22), unnest($23), unnest($24), unnest($25),
    unnest($26), unnest($27), unnest($28)) AS new
