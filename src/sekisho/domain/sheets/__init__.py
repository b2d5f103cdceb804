"""The printable sheets of a network: segments, the paths of one entry, survival of backups, the matrix.

Each is a `Drawing` of A3 pages with coordinates, the same for the same input; `adapters.drawings` writes them as SVG and
draw.io, `adapters.documents.drawing_pdf` as PDF. Every sheet also says in sentences what it shows.
"""
