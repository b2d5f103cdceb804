"""The living style page: every component in every state, for staff, for the browser tests and for the docs."""
