"""Clients: the services registered to rely on us, what each may do, and how it proves itself by a secret.

Owns: client records, the rules for their metadata, their secrets, the cache that each process reads them from.
Does not own: how a request carries credentials (provider), grants and consents (grants). Hands out `Client` values.
"""
