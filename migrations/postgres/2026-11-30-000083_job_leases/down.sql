DROP INDEX jobs_unsuccessful;
DROP INDEX jobs_live_by_id;
DROP INDEX jobs_live_by_time;
DROP INDEX jobs_live_by_priority;
ALTER TABLE jobs DROP COLUMN completed;
DROP TABLE job_leases;
