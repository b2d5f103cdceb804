"""The outside world: files, documents, tools. Plain data in and out; nothing here knows the database."""
