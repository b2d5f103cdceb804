"""Taking a workbook in: upload, dry run with a diff, acceptance of good rows, the marked file back."""
