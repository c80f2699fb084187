ALTER TABLE change_log RESET (toast_tuple_target);
ALTER TABLE change_log DROP COLUMN name_bits;
