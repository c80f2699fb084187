DROP TABLE credentials;
DROP TABLE principals;
DROP TABLE accounts;
