"""What a hospital's network and programme mean. Pure: no Django, no input or output, no clock."""
