"""What the sample hospitals are made from: their registers, their flaws and their floor plans."""
