SELECT id, done, ids FROM (
    -- With each record, how many changes are ahead of it.
    SELECT id, done, ids, sum(cardinality(ids) - done) OVER (ORDER BY id) - (cardinality(ids) - done) AS ahead
    FROM (SELECT id, indexed AS done, ids FROM change_log WHERE account_id = $1 AND pending & 1 <> 0 ORDER BY id LIMIT $2) AS oldest
) AS counted
WHERE ahead < $3 ORDER BY id
