ALTER TABLE change_log DROP COLUMN name_bits;
