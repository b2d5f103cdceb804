"""The register of external connections: lines, terminators, devices, PCs, places, vendors, contracts."""
