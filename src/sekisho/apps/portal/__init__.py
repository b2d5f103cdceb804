"""Start pages by role, the hospital list, invitations, the health page."""
