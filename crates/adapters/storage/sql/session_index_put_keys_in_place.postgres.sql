-- Only the owner of an index may clean its pending list. For other roles, the server does it by itself sooner or later.
SELECT gin_clean_pending_list(oid) FROM pg_class
WHERE oid = 'session_index_by_key'::regclass AND pg_has_role(relowner, 'USAGE')
