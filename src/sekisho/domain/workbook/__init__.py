"""別紙2-1 as data: its sheets, columns, lists and rules; what a valid row is; how two editions of a row differ."""
