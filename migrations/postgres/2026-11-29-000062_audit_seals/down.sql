DROP TABLE audit_checkpoints;
DROP TABLE audit_seals;
DROP INDEX audit_records_unsealed;

-- An older program knows the records of erasures only. Export the others before.
DELETE FROM audit_records WHERE job_id IS NULL OR subject IS NULL;

ALTER TABLE audit_records
    DROP COLUMN sealed,
    DROP COLUMN object_id,
    ALTER COLUMN subject SET NOT NULL,
    ALTER COLUMN job_id SET NOT NULL;
