"""Linux nftables, as JSON: `reader` reads a configuration, `writer` writes one."""
