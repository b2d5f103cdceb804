"""Writes the overview drawing as a file: SVG for screen and print, draw.io XML for those who go on drawing."""
