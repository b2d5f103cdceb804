"""Uploaded and produced files: sniffed, limited, hashed, served only to who may see them."""
