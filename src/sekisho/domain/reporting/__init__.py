"""What a survey report says, table by table, before any document format."""
