"""What the programme asks of a hospital: checking basic information, contacts, consent to the terms."""
