"""NEC UNIVERGE IX routers: `reader` reads a configuration, `writer` writes one."""
