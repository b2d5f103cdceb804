"""Readers of device configurations into one shape, and writers of proposed changes. Pure functions over text."""
