"""Django code that every app needs; knows no app."""
