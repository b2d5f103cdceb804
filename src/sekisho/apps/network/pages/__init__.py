"""What the pages show, as plain values made from the engine's answers."""
