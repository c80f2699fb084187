-- Nothing: jsonb takes nothing else, and a check of nothing is none on PostgreSQL.
SELECT;
