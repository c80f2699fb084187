INSERT INTO job_leases (account_id, token, until, job_ids)
SELECT $1, $2, $3, array_agg(claimed.id) FROM claimed HAVING count(*) > 0
