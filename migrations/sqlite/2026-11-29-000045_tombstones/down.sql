DELETE FROM service_keys WHERE name = 'tombstones';
DROP INDEX principals_by_former_email;
DROP INDEX principals_by_former_username;
ALTER TABLE principals DROP COLUMN former_email;
ALTER TABLE principals DROP COLUMN former_username;
