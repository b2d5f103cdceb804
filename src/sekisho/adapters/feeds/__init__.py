"""Feeds of vulnerabilities as files: each kind has its reader, a folder of them becomes one store, bundles carry them signed.

Every reader takes an open binary stream and gives records one by one (`Advisory`, `Exploited`, `Likelihood`, `LifeCycle`).
A file is taken over whole or not at all: what is cut or is none of its kind raises `FeedRefused`.
"""
