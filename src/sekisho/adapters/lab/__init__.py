"""Builds a network in the kernel of this machine and tries every connection with real packets.

Reading order: `stand_in` (what of a network is tried), `plan` (namespaces, links, routes), `filters` (rules of each
device), `inside` (runs in a sealed-off namespace), `run` (starts it, compares).
"""
