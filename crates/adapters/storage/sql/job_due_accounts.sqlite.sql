-- Without `INDEXED BY`, SQLite would read the whole backlog in the order of accounts, to save a sort.
SELECT account_id FROM jobs INDEXED BY jobs_due
WHERE status = 'scheduled' AND attempts >= 0 AND due_at <= ? AND action IN ('prune')
GROUP BY account_id
ORDER BY min(due_at), account_id LIMIT ?
