"""What is known about weaknesses, which devices have them, and the watch over what becomes known."""
