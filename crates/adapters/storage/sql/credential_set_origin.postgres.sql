UPDATE credentials SET grant_id = $1, exchanged_from = $2, parent_id = $3
WHERE account_id = $4 AND id = $5
