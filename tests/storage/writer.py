"""One of several processes that write to one database at once: python -m tests.storage.writer URL ACT TIMES"""

import sys
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, update

from app.storage.clock import Clock
from app.storage.database import Storage, Transaction
from app.storage.upsert import insert_ignore
from app.storage.versions import versions

KIND = "counter"


def read_then_write(tx: Transaction) -> int:
    """Raise a number by one: what fails when a read becomes a write half way."""
    row = select(versions.c.version).where(versions.c.kind == KIND).with_for_update()
    number = tx.execute(row).scalar_one() + 1
    tx.execute(update(versions).where(versions.c.kind == KIND).values(version=number))
    return int(number)


def main(url: str, act: str, times: str) -> None:
    """Do the act so many times on four threads and print what came of it."""
    storage = Storage(url, Clock())

    def once(number: int) -> object:
        if act == "count":
            return storage.run(read_then_write, write=True)
        values = {"kind": f"name {number}", "version": 1}
        return storage.run(lambda tx: insert_ignore(tx, versions, values), write=True)

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(4) as pool:
        for outcome in pool.map(once, range(int(times))):
            print(outcome, flush=True)
    storage.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
