"""Allied Telesis AlliedWare Plus: `reader` reads a configuration, `writer` writes one."""
