-- The signature of the names of the sessions in `ids`: 512 rows of bits, one column or less for each session. A search that needs bits
-- which a column lacks passes over its sessions. Null if nothing is known of the names: in rows of an older program, for example.
ALTER TABLE change_log ADD COLUMN name_bits BLOB;
