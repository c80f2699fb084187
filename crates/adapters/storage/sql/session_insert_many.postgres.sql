-- The records for the projections of sessions, one for each 100 of them.
WITH recorded AS (
    INSERT INTO change_log (account_id, kind, pending, ids, name_bits)
    SELECT $1, $2, $3, ($4)[place : place + 99], name_bits
    FROM unnest($5, $6) AS part (place, name_bits)
)
INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, timezone,
    duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at,
    updated_at)
SELECT $7, * FROM unnest($8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)
