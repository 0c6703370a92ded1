"""The shop of a third party: it asks for consent, and knows its customers by a `sub` that nobody else has."""
