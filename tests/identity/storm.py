"""One of several processes that all see one person's first callback at once: python -m tests.identity.storm URL ACT"""

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.identity.world import NUMBER, World, mailru, open_world, push, sms

TIMES = 50


def main(url: str, act: str) -> None:
    """Print an identity (or a subject) for each arrival."""
    world = open_world(url)
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: _once(world, act), range(TIMES)):
            print(found, flush=True)
    world.storage.close()


def _once(world: World, act: str) -> str:
    if act == "first":
        return str(world.arrive(mailru()).root)
    if act == "number":
        return str(world.arrive(sms(NUMBER)).root)
    if act == "handover":
        return str(world.arrive(push("next owner"), start_new=True).root)
    person = world.arrive(mailru()).identity_id
    assert person is not None
    return world.storage.run(
        lambda tx: world.subjects.subject_for(tx, person, "ecosystem", world.now), write=True
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
