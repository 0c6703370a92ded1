"""Challenges: proving a number without pages. Start, answer; the result is an Assertion.

Owns: codes while they wait, tries and sends and their limits, the pool that sends. Does not own: pages, identities,
wire formats. A challenge runs outside any transaction and opens short ones of its own: what it counts is kept even when
it refuses. The code waits in the ephemeral store; counters of a number are in the truth, so that losing the store lets
nobody try again (SR-146).
"""
