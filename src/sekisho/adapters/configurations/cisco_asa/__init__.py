"""Cisco ASA: `reader` reads a configuration, `writer` writes one."""
