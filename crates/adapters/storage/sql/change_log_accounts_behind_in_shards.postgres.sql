-- Each shard counts all records of its own accounts.
SELECT account_id FROM change_log WHERE account_id > $1 AND pending & 1 <> 0
GROUP BY account_id HAVING sum(cardinality(ids)) > $2
ORDER BY account_id LIMIT $3
