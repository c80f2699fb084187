UPDATE sessions SET name = ?, name_key = ?, description = ?, description_key = ?, tags = ?, tags_key = ?, start_at = ?, start_civil = ?,
    timezone = ?, duration_minutes = ?, lang = ?, status = ?, replay_status = ?, options = ?, allow_recording = ?, inaccessible_replay = ?,
    created_by = ?, updated_by = ?, created_at = ?, updated_at = ? WHERE account_id = ? AND guid = ?
