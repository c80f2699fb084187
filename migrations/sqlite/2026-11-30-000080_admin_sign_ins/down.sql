DROP TABLE admin_sign_ins;
