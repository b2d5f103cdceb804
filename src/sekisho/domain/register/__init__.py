"""The register of external connections as plain values: what is known of each line, and what is missing."""
