"""Fujitsu Si-R routers: `reader` reads a configuration, `writer` writes one."""
