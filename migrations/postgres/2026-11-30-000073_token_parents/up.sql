-- The access token that a token was exchanged for. `exchanged_from` is the first one of a row of exchanges: all of the row are found by it,
-- and `parent_id` tells which of them go back to one that is revoked. Null stands for the first one. No reference: an erasure removes
-- credentials in any order, and ids are not reused.
ALTER TABLE credentials ADD COLUMN parent_id bigint;
