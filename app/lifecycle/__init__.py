"""Lifecycle: acts that span people, sessions and grants. Each is one transaction with its record.

Owns: signing out and blocking, as whole acts. Does not own: HTTP, or the rows themselves.
"""
