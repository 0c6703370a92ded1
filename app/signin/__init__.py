"""Sign-in: the interactive journey from "who are you" to a session.

Owns: the pages and their steps: choose, upstream (start, callback), phone, consent. Does not own: what services may
have (provider), the proofs themselves (upstreams, challenges), who a proof is (identity), the session (sessions).
Takes a person with a sealed ask, gives them back to `/authorize` with the same ask.
"""
