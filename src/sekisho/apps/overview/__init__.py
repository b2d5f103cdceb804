"""The overview drawing（俯瞰図）on screen, as SVG and as draw.io file."""
