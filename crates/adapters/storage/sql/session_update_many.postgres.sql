-- The records for the projections of sessions, one for each 100 of them.
WITH recorded AS (
    INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
    SELECT $1, $2, $3, ($4)[place : place + 99], name_bits
    FROM unnest($5, $6) AS part (place, name_bits)
)
UPDATE sessions SET name = new.name, name_key = new.name_key, description = new.description, description_key = new.description_key,
    tags = new.tags, tags_key = new.tags_key, start_at = new.start_at, start_civil = new.start_civil, timezone = new.timezone,
    duration_minutes = new.duration_minutes, lang = new.lang, status = new.status, replay_status = new.replay_status,
    options = new.options, allow_recording = new.allow_recording, inaccessible_replay = new.inaccessible_replay,
    created_by = new.created_by, updated_by = new.updated_by, created_at = new.created_at, updated_at = new.updated_at
FROM (SELECT unnest($7), unnest($8), unnest($9), unnest($10), unnest($11), unnest($12), unnest($13), unnest($14), unnest($15), unnest($16),
    unnest($17), unnest($18), unnest($19), unnest($20), unnest($21), unnest($22), unnest($23), unnest($24), unnest($25), unnest($26),
    unnest($27)) AS new (guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, timezone,
    duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at,
    updated_at)
WHERE sessions.account_id = $28 AND sessions.guid = new.guid
