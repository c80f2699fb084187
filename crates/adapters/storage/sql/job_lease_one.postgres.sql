INSERT INTO job_leases (account_id, token, until, job_ids) VALUES ($1, $2, $3, ARRAY[$4])
