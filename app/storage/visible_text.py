"""Text that others wrote and people read: nothing in it is hidden, empty to the eye, or piled upon a letter.

Categories of Unicode do not tell: some fillers are letters, and some blanks are symbols (UTS #39 §5, UAX #44 Default_Ignorable).
"""

import re
import unicodedata
from itertools import groupby

UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u2800\u3164\uffa0\ufe00-\ufe0f\U0001d159\U000e0100-\U000e01ef]"
)
"""Separators of lines, fillers, blanks and variation selectors: none of them is of category C."""
MOST_MARKS = 3
"""Combining marks in a row: what living languages need."""


class NotVisible(Exception):
    """A text that a page would show otherwise than it is. The text of this says what it has, and quotes nothing."""


def check_visible(text: str) -> None:
    """Refuse a text with hidden or direction-changing characters, spaces at its ends, or nothing to see. Raises NotVisible."""
    if UNSEEN.search(text) or any(unicodedata.category(letter)[0] == "C" for letter in text):
        raise NotVisible("a control, direction or invisible character")
    if text != text.strip():
        raise NotVisible("spaces at an end")
    kinds = [unicodedata.category(letter)[0] for letter in text]
    if any(kind == "M" and len([*run]) > MOST_MARKS for kind, run in groupby(kinds)):
        raise NotVisible(f"more than {MOST_MARKS} combining marks in a row")
    if not set(kinds) - set("MZ"):
        raise NotVisible("nothing to be seen")
