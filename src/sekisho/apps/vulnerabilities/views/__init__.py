"""The pages of weaknesses: of one hospital, of the feeds, and over all hospitals."""
