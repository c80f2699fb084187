SELECT coalesce(sum(cardinality(ids)), 0) FROM change_log WHERE account_id = $1 AND pending & 1 <> 0
