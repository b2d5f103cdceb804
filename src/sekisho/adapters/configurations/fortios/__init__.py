"""Fortinet FortiOS: `reader` reads a configuration, `writer` writes one."""
