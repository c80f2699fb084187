-- One row: the migration that a program must know to work on this schema, by its version. A program whose newest migration is older
-- refuses to start. A migration that takes something away from older programs writes it anew (migrations/README.md).
CREATE TABLE schema_compatibility (
    id smallint PRIMARY KEY CONSTRAINT schema_compatibility_one_row CHECK (id = 1),
    needs text NOT NULL
);

INSERT INTO schema_compatibility (id, needs) VALUES (1, '20261129000062');
