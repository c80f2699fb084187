DELETE FROM service_keys WHERE name = 'audit';
DROP TABLE audit_records;
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (due_at, account_id) WHERE status = 'scheduled';
