SELECT nextval('project_ids')
