"""Scopes that have a meaning here; all others are words between a service and its own API."""

ABOUT_A_PERSON = ("openid", "profile", "email", "phone")
"""What userinfo and ID tokens tell of a person (OIDC Core §5.4)."""
OFFLINE = "offline_access"
"""Refreshing goes on when the session has ended (OIDC Core §11)."""
PERSONAL = (*ABOUT_A_PERSON, OFFLINE)
"""Those that are a person's to allow."""
EMPTY = frozenset({"address"})
"""Scopes that may be registered and stand for nothing that we keep: asked for, they are ignored like unknown ones."""
