"""The gate: the only place from which packets of a diagnosis leave this machine.

Scanners run in a network namespace of their own. Its only way out passes a filter outside of it that knows the exact
addresses, how long each is open and how fast, and that closes by itself. Reading order: `gate` (what callers use),
`keeper` (the process that owns namespace and filter), `leave` (what grants come to), `namespace`, `filter` (the rules),
`host` (routes, forwarding, leftovers), then `connect`, `leashes` and `leash` (where no namespace can be made).
"""
