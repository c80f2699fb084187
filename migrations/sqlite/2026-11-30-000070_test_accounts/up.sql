-- Accounts of test control, in profile dev. A reset puts a fresh account behind one public id; the account before it has ended, and its
-- rows are removed later. The row here stays, so that no account id is given twice. `lives_until` is in real time.
CREATE TABLE test_accounts (
    account_id INTEGER NOT NULL PRIMARY KEY,
    public_id INTEGER NOT NULL,
    lives_until TEXT,
    ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1))
) STRICT;
