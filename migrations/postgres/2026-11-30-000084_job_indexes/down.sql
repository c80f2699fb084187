UPDATE schema_compatibility SET needs = '20261129000062';
ALTER TABLE jobs RESET (fillfactor);
DROP INDEX jobs_live_key;
CREATE UNIQUE INDEX jobs_live_key ON jobs (account_id, project_id, action, reference_digest) WHERE status IN ('scheduled', 'running');
CREATE INDEX IF NOT EXISTS jobs_claims ON jobs (account_id, priority, due_at, id) WHERE status = 'scheduled';
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at, account_id, action) WHERE status = 'scheduled' AND attempts >= 0;
CREATE INDEX IF NOT EXISTS jobs_running ON jobs (account_id) WHERE status = 'running';
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (account_id, status, id)
WHERE status IN ('scheduled', 'cancelled', 'failed') AND project_id >= 0;
