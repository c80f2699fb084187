SELECT ids, name_bits FROM change_log WHERE account_id = ? AND pending & 1 <> 0
