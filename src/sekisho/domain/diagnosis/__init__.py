"""Vulnerability diagnosis: what a scan of a consented address saw, and what it means."""
