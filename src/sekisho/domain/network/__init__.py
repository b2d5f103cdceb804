"""A hospital's network as values, and what follows from it: who can talk to whom, what an intruder reaches, what stops it.

Reading order: `ranges`, `addresses`, `services` (sets of numbers), `model` (what a network is), then the questions.
Left out everywhere: dynamic routing protocols, policy routing, multicast, application identification. What is left out
or could not be read makes an answer unknown, never no. See docs/explanation/reachability.md.
"""
