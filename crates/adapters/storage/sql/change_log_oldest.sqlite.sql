SELECT id, done, ids FROM (
    -- With each record, how many changes are ahead of it.
    SELECT id, done, ids, sum(json_array_length(ids) - done) OVER (ORDER BY id) - (json_array_length(ids) - done) AS ahead
    FROM (SELECT id, indexed AS done, ids FROM change_log WHERE account_id = ? AND pending & 1 <> 0 ORDER BY id LIMIT ?) AS oldest
) AS counted
WHERE ahead < ? ORDER BY id
