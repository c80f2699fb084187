SELECT coalesce(sum(json_array_length(ids)), 0) FROM change_log WHERE account_id = ? AND pending & 1 <> 0
