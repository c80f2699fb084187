-- The newest jobs that wait, were cancelled or have failed. Most jobs are completed: those are left out, and so are running ones, so a
-- claim and a completion write no entry. Every project has a positive number: the condition about it keeps the index out of the plans of
-- claims, which do not state it. Few jobs are in the index, so it is made by one pass through the table: about a second for a million jobs.
CREATE INDEX jobs_by_status ON jobs (account_id, status, id)
WHERE status IN ('scheduled', 'cancelled', 'failed') AND project_id >= 0;
