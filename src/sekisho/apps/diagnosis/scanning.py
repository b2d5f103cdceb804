"""The job that runs a diagnosis (filled below)."""
