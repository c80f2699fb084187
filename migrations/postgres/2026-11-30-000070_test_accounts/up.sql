-- Accounts of test control, in profile dev. A reset puts a fresh account behind one public id; the account before it has ended, and its
-- rows are removed later. The row here stays, so that no account id is given twice. `lives_until` is in real time.
CREATE TABLE test_accounts (
    account_id bigint PRIMARY KEY,
    public_id bigint NOT NULL,
    lives_until timestamptz,
    ended boolean NOT NULL DEFAULT false
);
