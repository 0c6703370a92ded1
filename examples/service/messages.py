"""The pages that say how something ended: what happened, what it means, what to do."""

from flask import render_template

MESSAGES = {
    "denied": (
        "You did not sign in",
        "Nothing has changed. You can go on without signing in, or try again.",
    ),
    "expired": (
        "This sign-in has expired",
        "It was begun too long ago or in another browser. Begin again: it takes one click.",
    ),
    "unreachable": ("Sign-in does not work now", "MostID is not answering. Try again in a minute."),
    "untrusted": (
        "Sign-in did not succeed",
        "The answer could not be trusted, so we let nobody in. Try again.",
    ),
    "refused": ("Sign-in did not succeed", "MostID refused: {code}. Try again."),
    "form": ("This page has expired", "Go back, reload it and try again."),
    "missing": ("There is no such page", ""),
    "signed_out": (
        "You are signed out",
        (
            "You are signed out here and at MostID. Other accounts of this browser, if there are any, stay. "
            "A service that is still open notices when it next asks."
        ),
    ),
}


FINAL = frozenset({"form", "missing"})
"""Kinds that signing in does not mend."""


def message(kind: str, status: int = 200, **values: str) -> tuple[str, int]:
    """The page of one kind, with a way back and a way to try again."""
    title, text = MESSAGES[kind]
    page = render_template(
        "service/message.html", kind=kind, title=title, text=text, values=values, again=kind not in FINAL
    )
    return page, status
