-- The newest jobs that wait, were cancelled or have failed. Most jobs are completed: those are left out, and so are running ones, so a
-- completion writes no entry. The condition about the project keeps the index out of the plans of claims, which do not state it.
CREATE INDEX jobs_by_status ON jobs (account_id, status, id)
WHERE status IN ('scheduled', 'cancelled', 'failed') AND project_id >= 0;
