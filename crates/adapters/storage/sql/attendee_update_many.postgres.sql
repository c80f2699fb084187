UPDATE attendees SET user_guid = new.user_guid, attendance_code = new.attendance_code, name = new.name, name_key = new.name_key,
    surname = new.surname, surname_key = new.surname_key, email = new.email, email_key = new.email_key, role = new.role,
    mobile = new.mobile, created_at = new.created_at, updated_at = new.updated_at
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS new (session_guid, guid, user_guid, attendance_code, name,
    name_key, surname, surname_key, email, email_key, role, mobile, created_at, updated_at)
WHERE attendees.account_id = $15 AND attendees.session_guid = new.session_guid AND attendees.guid = new.guid
