"""Palo Alto PAN-OS: `reader` reads a configuration, `writer` writes one."""
