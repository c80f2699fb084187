SELECT each.guid
FROM (
    -- The columns that may match, of each record. OFFSET 0 keeps them from being combined again for each session.
    SELECT ids, substring(name_bits FROM 20 * width + 1 FOR width)
    & substring(name_bits FROM 41 * width + 1 FOR width)
    & substring(name_bits FROM 87 * width + 1 FOR width)
    & substring(name_bits FROM 121 * width + 1 FOR width)
    & substring(name_bits FROM 123 * width + 1 FOR width)
    & substring(name_bits FROM 212 * width + 1 FOR width)
    & substring(name_bits FROM 230 * width + 1 FOR width)
    & substring(name_bits FROM 360 * width + 1 FOR width)
    & substring(name_bits FROM 473 * width + 1 FOR width)
    & substring(name_bits FROM 479 * width + 1 FOR width) AS columns
    FROM (
        SELECT ids, name_bits, length(name_bits) / 512 AS width FROM change_log WHERE account_id = $1 AND pending & 1 <> 0
    ) AS pending
    OFFSET 0
) AS record CROSS JOIN LATERAL unnest(record.ids) WITH ORDINALITY AS each (guid, place)
-- The first condition passes over a record without any of its ids.
WHERE (record.columns IS NULL OR position(B'1' IN record.columns) > 0)
    AND (record.columns IS NULL OR get_bit(record.columns, ((each.place - 1) % length(record.columns))::integer) = 1)
LIMIT $2
