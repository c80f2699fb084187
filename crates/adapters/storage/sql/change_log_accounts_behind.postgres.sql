-- Goes from each account with records to the next.
WITH RECURSIVE accounts (id) AS (
    SELECT (SELECT account_id FROM change_log WHERE account_id > $1 ORDER BY account_id LIMIT 1)
    UNION ALL
    SELECT (SELECT account_id FROM change_log WHERE account_id > accounts.id ORDER BY account_id LIMIT 1)
    FROM accounts WHERE accounts.id IS NOT NULL
)
SELECT id FROM accounts WHERE id IS NOT NULL AND (
    -- No more records of an account are counted than needed, since each record holds at least one change.
    SELECT sum(cardinality(ids)) FROM (
        SELECT ids FROM change_log WHERE account_id = accounts.id AND pending & 1 <> 0 ORDER BY change_log.id LIMIT $2 + 1
    ) AS counted
) > $3
LIMIT $4
