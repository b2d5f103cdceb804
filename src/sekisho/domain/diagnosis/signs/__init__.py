"""Signs of findings, by what they are read from: each module turns outputs of checks into findings."""
