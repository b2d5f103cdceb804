"""YAMAHA RTX, NVR and FWX routers: `reader` reads a configuration, `writer` writes one."""
