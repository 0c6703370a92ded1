"""Small real services that rely on MostID, to click through and to copy from.

Owns: a store, a social network, and the shop of a third party, each a program of its own.
Does not own: anything of MostID. They know its issuer address and learn the rest from its discovery document, with
Authlib's client; they import nothing of `app`. What they share is `examples.service`.
"""
