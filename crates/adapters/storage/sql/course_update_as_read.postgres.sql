WITH new (id, read_revision, author, revision, state, owner_id, name, section, description_heading, description, room, subject, levels,
    search_key, enrollment_code, group_name, extras, guardians_enabled, calendar_id, created_at, updated_at, first_active_at,
    suspended_from) AS (SELECT unnest((SELECT $1)), unnest((SELECT $2)), unnest((SELECT $3)), unnest((SELECT $4)), unnest((SELECT $5)),
    unnest((SELECT $6)), unnest((SELECT $7)), unnest((SELECT $8)), unnest((SELECT $9)), unnest((SELECT $10)), unnest((SELECT $11)),
    unnest((SELECT $12)), unnest((SELECT $13)), unnest((SELECT $14)), unnest((SELECT $15)), unnest((SELECT $16)), unnest((SELECT $17)),
    unnest((SELECT $18)), unnest((SELECT $19)), unnest((SELECT $20)), unnest((SELECT $21)), unnest((SELECT $22)), unnest((SELECT $23))),
-- The courses that are as they were read, and whose author may act. Both stay so until the commit. Rows that another transaction has
-- locked are left out, so this statement waits for none and is never part of a deadlock.
held AS (
    SELECT c.id
    FROM new
    JOIN principals p ON p.account_id = $24 AND p.id = new.author AND p.status = 'active'
    JOIN courses c ON c.account_id = $25 AND c.id = new.id AND c.revision = new.read_revision
    FOR KEY SHARE OF p SKIP LOCKED
    FOR NO KEY UPDATE OF c SKIP LOCKED
)
UPDATE courses SET revision = new.revision, state = new.state, owner_id = new.owner_id, name = new.name, section = new.section,
    description_heading = new.description_heading, description = new.description, room = new.room, subject = new.subject,
    levels = new.levels, search_key = new.search_key, enrollment_code = new.enrollment_code, group_name = new.group_name,
    extras = new.extras, guardians_enabled = new.guardians_enabled, calendar_id = new.calendar_id, created_at = new.created_at,
    updated_at = new.updated_at, first_active_at = new.first_active_at, suspended_from = new.suspended_from
FROM new JOIN held ON held.id = new.id
WHERE courses.account_id = $26 AND courses.id = new.id
RETURNING courses.id
