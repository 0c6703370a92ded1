"""Events: the write side of the record. An act writes its audit row and its outgoing word in its own transaction.

Owns: `audit` and `outbox` rows and their shape. Does not own: who reads, seals or delivers them.
"""
