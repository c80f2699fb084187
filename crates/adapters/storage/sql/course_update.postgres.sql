UPDATE courses SET revision = $1, state = $2, owner_id = $3, name = $4, section = $5, description_heading = $6, description = $7,
    room = $8, subject = $9, levels = $10, search_key = $11, enrollment_code = $12, group_name = $13, extras = $14,
    guardians_enabled = $15, calendar_id = $16, created_at = $17, updated_at = $18, first_active_at = $19,
    suspended_from = $20 WHERE account_id = $21 AND id = $22
