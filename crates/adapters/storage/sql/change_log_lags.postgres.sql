SELECT 0 AS place, coalesce(sum(changes), 0) AS pending FROM (
    SELECT cardinality(ids) - indexed AS changes FROM change_log WHERE pending & 1 <> 0 LIMIT $1
) AS counted
UNION ALL
SELECT 1 AS place, coalesce(sum(changes), 0) AS pending FROM (
    SELECT cardinality(ids) - 0 AS changes FROM change_log WHERE pending & 2 <> 0 AND pending > 1 LIMIT $2
) AS counted
UNION ALL
SELECT 2 AS place, coalesce(sum(changes), 0) AS pending FROM (
    SELECT cardinality(ids) - 0 AS changes FROM change_log WHERE pending & 4 <> 0 AND pending > 1 LIMIT $3
) AS counted
ORDER BY place
