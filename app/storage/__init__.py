"""Storage: engines, transactions, the ephemeral store, shared column types, ids and the one clock.

Owns: how we reach the truth (SQLite, PostgreSQL) and the disposable store (a SQLite file, Redis).
Does not own: any table. Each room declares its own tables on `model.metadata`.
"""
