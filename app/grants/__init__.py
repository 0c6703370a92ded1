"""Grants: what a service may have of a person.

Owns: codes, grants, consents, refresh families, the one mint of tokens, claims, revocation.
Does not own: how a request arrives or how an error is spelled; it knows neither Flask nor Authlib.
"""
