"""The vulnerability diagnosis of hospitals: who consented to what, runs of the scan, and the way to stop them at once."""
