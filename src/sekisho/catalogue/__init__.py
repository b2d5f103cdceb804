"""Data, not code: what the programme, the workbook and the rules say. Versioned and validated on load."""
