SELECT id, action, reference, status, start_at, json_extract(failures, '$[#-1].text') AS last_error, created_at, updated_at FROM jobs
WHERE account_id = ? AND project_id > 0 AND project_id = ? AND id > ? AND action IN ('delete_user_data', 'delete_users_data',
    'assign_calendar_id', 'expire_sessions', 'index_sessions', 'seal_audit', 'prune', 'prune_audit')
ORDER BY id LIMIT 1001
