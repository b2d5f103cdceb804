"""The pages of the network, one module each."""
