"""The feed: what was written, newest first."""

import threading
from collections import deque
from dataclasses import dataclass

MOST_POSTS = 50
LONGEST = 280
"""Characters of a post."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post; `author` is the writer's `sub`, or empty for the posts that were here from the start."""

    author: str
    name: str
    text: str


FIRST_POSTS = (
    Post("", "Vera", "The ice went out this morning. First boats tomorrow."),
    Post("", "Timur", "Looking for two people with a tent for the May weekend."),
    Post("", "Zoya", "The old bridge is open to cyclists again."),
)


class Feed:
    """The posts of everybody, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posts: deque[Post] = deque(FIRST_POSTS, MOST_POSTS)

    def write(self, author: str, name: str, text: str) -> bool:
        """Add a post on top. False when there is nothing in it, or too much."""
        text = text.strip()
        if not 0 < len(text) <= LONGEST:
            return False
        with self._lock:
            self._posts.appendleft(Post(author, name, text))
        return True

    def read(self) -> list[Post]:
        """All posts, newest first."""
        with self._lock:
            return list(self._posts)
