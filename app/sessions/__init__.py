"""Sessions: one browser signed in, and the authorization request that waits while it signs in.

Owns: session rows, the sealed cookie, generations, idle and absolute life, the ask.
Does not own: who may sign in (identity) nor what a service gets (grants). Takes values, never a request object.
"""
