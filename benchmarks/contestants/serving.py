"""The child's side: read a request per line, answer with one JSON line, keep the channel clean.

It imports nothing that a peer's environment may lack.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

THREADS = "BENCH_THREADS"
"""Environment variable: how many threads, and cores, a contestant may use."""

Handler = Callable[..., dict[str, Any]]


def num_threads() -> int:
    """How many threads this contestant may use."""
    return int(os.environ[THREADS])


def confine() -> None:
    """Keep to as many cores as there are threads: the same ones for every contestant.

    The only bound that every library obeys (XLA has no setting for its threads).
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: num_threads()])


def serve(handlers: Mapping[str, Handler], versions: Mapping[str, str]) -> None:
    """Answer requests until standard input ends.

    A request is {"command": name of a handler, **arguments}; the answer is what the handler
    returns and "cpu_s", this process's seconds on processors (its children's are not in it), or
    {"error": text} with the traceback on standard error. The first line, unasked, tells the
    versions. What libraries print goes to standard error.
    """
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(reply: Mapping[str, Any]) -> None:
        channel.write(json.dumps(reply) + "\n")
        channel.flush()

    answer({"versions": dict(versions)})
    for line in sys.stdin:
        request = json.loads(line)
        began = time.process_time()
        try:
            reply = handlers[request.pop("command")](**request)
            reply["cpu_s"] = time.process_time() - began
        except Exception as error:  # noqa: BLE001  (whatever it is, the parent must hear of it)
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        answer(reply)
