"""One of several processes that try codes at once: python -m tests.challenges.guesser

Takes database, ephemeral store, clock file, challenge, browser and codes. Prints the outcome of each code.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.storage.clock import Clock
from app.storage.database import Storage
from config.settings import Settings
from tests.challenges.world import keys, open_ephemeral, rooms


def main(database: str, ephemeral: str, clock_file: str, challenge: str, browser: str, *codes: str) -> None:
    """Try every code, on four threads."""
    clock = Clock(Path(clock_file))
    storage = Storage(database, clock)
    with rooms(Settings(profile="testing", keys=keys()), storage, open_ephemeral(ephemeral, clock)) as made:
        print("ready", flush=True)
        sys.stdin.readline()
        with ThreadPoolExecutor(4) as pool:
            for outcome in pool.map(lambda code: made.otp.answer(challenge, code, browser), codes):
                print(
                    type(outcome).__name__,
                    getattr(outcome, "tries_left", getattr(outcome, "reason", "")),
                    flush=True,
                )
    storage.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
