DROP TABLE account_clocks;
