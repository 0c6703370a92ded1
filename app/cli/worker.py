"""`flask worker`: what must happen without anybody asking."""

import signal
import threading

import click

from app.delivery.worker import Worker


def command(worker: Worker) -> click.Command:
    """The command that runs the worker."""

    @click.command("worker")
    @click.option("--once", is_flag=True, help="One pass, then end.")
    def run(once: bool) -> None:
        """Clean up and deliver until told to stop. Any number of workers may run."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if once:
            worker.work()
        else:
            worker.run(stop)

    return run
