"""Allow-lists for single hosts that can no longer be mended: Windows Firewall and nftables, from declared needs."""
