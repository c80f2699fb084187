UPDATE attendees SET user_guid = ?, attendance_code = ?, name = ?, name_key = ?, surname = ?, surname_key = ?, email = ?, email_key = ?,
    role = ?, mobile = ?, created_at = ?, updated_at = ? WHERE account_id = ? AND session_guid = ? AND guid = ?
