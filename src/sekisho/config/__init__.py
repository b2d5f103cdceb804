"""Settings, urls, wiring. Imports everything; imported by nothing."""
