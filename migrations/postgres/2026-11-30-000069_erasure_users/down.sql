DROP TABLE erasure_users;
