"""Reports of other scanners, read as evidence of the same kind as our own."""
