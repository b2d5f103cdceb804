"""The base page and the components that every screen is made of: one list, one form and one record pattern."""
