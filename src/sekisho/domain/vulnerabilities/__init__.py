"""What is known about vulnerabilities, and which of them a product has: orders of versions, CPE names, advisories, matching.

Nothing here reads a file or knows today's date: knowledge and days come as arguments.
"""
