"""The `sekisho` command. Commands that need no database never import Django."""
