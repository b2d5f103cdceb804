"""A whole diagnosis, from consents to evidence and result, without Django and without a database."""
