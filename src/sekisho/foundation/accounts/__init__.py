"""Personal accounts, roles and permissions, invitations, second factor."""
