SELECT DISTINCT account_id FROM job_leases WHERE until <= $1 OR until > $2 ORDER BY account_id
