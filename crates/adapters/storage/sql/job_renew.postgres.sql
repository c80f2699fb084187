UPDATE jobs SET lease_until = $1
FROM unnest((SELECT $2), (SELECT $3)) AS held (id, token)
WHERE jobs.account_id = $4 AND jobs.id = ANY((SELECT $5)::bigint[]) AND jobs.id = held.id AND jobs.lease_token = held.token
RETURNING held.id, held.token
