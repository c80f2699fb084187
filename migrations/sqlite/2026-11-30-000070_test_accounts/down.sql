DROP TABLE test_accounts;
