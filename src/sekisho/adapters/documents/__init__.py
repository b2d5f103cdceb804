"""Reports as PDF, DOCX and XLSX, each read back and checked before it is offered."""
