"""The clocks stand still in every Python that has this folder in PYTHONPATH: so a test
that needs time to pass fails.

Python imports a module of this name when it starts, before anything else can take a
clock for itself. Only `time.monotonic` goes on: by it the standard library's queues,
locks and processes know how long they have waited.
"""

import time


def still(moment):
    "A clock that shows `moment` for ever"
    return lambda: moment


for name in ("time", "perf_counter", "process_time", "thread_time"):
    for clock in (name, f"{name}_ns"):
        setattr(time, clock, still(getattr(time, clock)()))
