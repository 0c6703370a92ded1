"""Upstreams: where proofs come from. One connector a system; wire formats stay inside.

Owns: the contract (`base`), the one HTTP client, the connectors.
Does not own: the database, pages, or what a proof is good for.
"""
