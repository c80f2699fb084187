DROP INDEX credentials_expiry;
DROP INDEX credentials_exchanged;
DROP INDEX credentials_grant;
ALTER TABLE credentials DROP COLUMN exchanged_from;
ALTER TABLE credentials DROP COLUMN grant_id;
DROP TABLE token_grants;
DROP TABLE service_account_people;
DROP TABLE service_accounts;
