"""Scanners: how each is called, which versions will do, and what it wrote."""
