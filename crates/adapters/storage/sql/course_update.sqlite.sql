UPDATE courses SET revision = ?, state = ?, owner_id = ?, name = ?, section = ?, description_heading = ?, description = ?, room = ?,
    subject = ?, levels = ?, search_key = ?, enrollment_code = ?, group_name = ?, extras = ?, guardians_enabled = ?, calendar_id = ?,
    created_at = ?, updated_at = ?, first_active_at = ?, suspended_from = ? WHERE account_id = ? AND id = ?
