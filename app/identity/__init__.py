"""Identity: who a person is to us, by which proofs, and how services may call them.

Owns: identities, links, look-ups, attributes, subjects, proofs, the decision `linking.resolve` and the life of numbers.
Does not own: sessions, grants, pages. Takes an Assertion, gives an Outcome; the caller opens a session or shows a page.
"""
