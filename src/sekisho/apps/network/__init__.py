"""The network of a hospital: its map, its devices' configurations, and what an intruder reaches."""
