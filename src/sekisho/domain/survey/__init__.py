"""What a surveyor saw on site."""
