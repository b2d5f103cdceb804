"""rules in a table (CSV, Excel), for every other device: `reader` reads a configuration, `writer` writes one."""
