INSERT INTO jobs (account_id, project_id, action, reference, reference_digest, priority, status, start_at, due_at, attempts,
    failures, created_at, updated_at, trace_parent)
SELECT $1, new.project_id, new.action, new.reference, new.reference_digest, new.priority, 'scheduled', new.start_at,
    new.start_at, 0, '[]', new.created_at, new.created_at, new.trace_parent
FROM (SELECT unnest($2), unnest($3), unnest($4), unnest($5), unnest($6), unnest($7), unnest($8), unnest($9)) AS new (project_id, action,
    reference, reference_digest, priority, start_at, created_at, trace_parent)
-- A job that has a live job like it is left out. The condition of that key differs between databases, so the key is not named.
ON CONFLICT DO NOTHING
