"""What writes the generated reference pages; `scripts/generate_docs.py` lists them."""
