"""Keys: sealing, signing, the key set that services read, rotation, data keys and keyed look-up hashes.

Owns: every use of a secret key. Keys have one purpose each and a version; the first version listed is the current one.
Does not own: what is sealed, or where it travels. Hands values back; raises `Unsealable` and tells nobody why.
"""
