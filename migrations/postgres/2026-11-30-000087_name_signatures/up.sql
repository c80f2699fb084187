-- The signature of the names of the sessions in `ids`: 512 rows of bits, one column or less for each session. A search that needs bits
-- which a column lacks passes over its sessions. Null if nothing is known of the names: in rows of an older program, for example.
ALTER TABLE change_log ADD COLUMN name_bits bit varying;

-- A search reads the signatures of all pending rows, so they stay in the rows, as the ids of 100 sessions do.
ALTER TABLE change_log ALTER COLUMN name_bits SET STORAGE MAIN;
ALTER TABLE change_log SET (toast_tuple_target = 8160);
