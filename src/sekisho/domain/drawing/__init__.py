"""What every printed sheet is made of: boxes, edges and texts with coordinates, and how wide text is."""
