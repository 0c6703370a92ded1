"""Commands of operators: `flask --app wsgi …`.

Owns: words and flags, what is printed, exit codes. Does not own: the acts, which are those of the rooms below.

Exit codes: 0 done, 1 refused or not found (the reason is on stderr), 2 wrong usage, 3 not yet (the time is on stderr).
"""

from app.cli.commands import register
from app.cli.tools import Tools

__all__ = ["Tools", "register"]
