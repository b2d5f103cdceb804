"""Cisco IOS and IOS XE: `reader` reads a configuration, `writer` writes one."""
