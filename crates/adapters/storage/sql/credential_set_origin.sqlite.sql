UPDATE credentials SET grant_id = ?, exchanged_from = ?, parent_id = ?
WHERE account_id = ? AND id = ?
