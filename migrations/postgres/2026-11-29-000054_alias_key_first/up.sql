-- Nothing: PostgreSQL keeps the columns of a key wherever they stand in the table.
SELECT;
