"""別紙2-1 as an Excel file: reading what people send, writing blank and prefilled ones, marking problems."""
