"""Where each box and line of the overview drawing（俯瞰図）goes. Arithmetic only; adapters draw it."""
