"""Survey reports: frozen, re-issued identically, downloaded with a record."""
