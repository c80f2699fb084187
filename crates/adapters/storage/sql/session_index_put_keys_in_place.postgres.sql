-- Only the owner of an index may clean its pending list. For other roles, the server does it by itself sooner or later.
SELECT gin_clean_pending_list(relid) FROM pg_partition_tree('session_index_by_key') JOIN pg_class ON oid = relid
WHERE isleaf AND pg_has_role(relowner, 'USAGE')
