"""Grant types: the handlers behind `/token`, one file each. A *Grant* is a record; these make or renew one.

All have the same two verbs: `validate_token_request` reads and checks without touching storage,
`create_token_response` checks the rest, spends, then mints, in that order and in sight.
"""
