"""Staff: accounts and roles, passwords and second factors, sessions, and the audit log."""
