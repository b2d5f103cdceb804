"""What nmap saw, as plain values."""
