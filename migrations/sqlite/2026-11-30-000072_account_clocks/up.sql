-- The clocks that tests move. Account 0 has the clock of all accounts without one of their own, and the number of the last change. A
-- clock stands still, or is ahead of the machine, or neither: then the account has none of its own any more.
CREATE TABLE account_clocks (
    account_id INTEGER NOT NULL PRIMARY KEY,
    frozen_at TEXT,
    ahead_micros INTEGER,
    revision INTEGER NOT NULL,
    CHECK (frozen_at IS NULL OR ahead_micros IS NULL)
) STRICT;
CREATE INDEX account_clocks_revision ON account_clocks (revision);
