"""Reads and writes network.yaml, the file that says what a hospital's network is."""
