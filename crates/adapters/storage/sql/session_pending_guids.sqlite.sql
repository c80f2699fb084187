SELECT DISTINCT unhex(value) AS key FROM change_log, json_each(ids) WHERE account_id = ? AND pending & 1 <> 0
