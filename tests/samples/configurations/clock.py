"""How long a reader takes, without what the test runner keeps in memory."""

import gc
import time
from collections.abc import Callable


def processor_seconds(work: Callable[[], object]) -> float:
    """Return the processor time of `work`; the test runner's own heap is kept out of garbage collection."""
    gc.collect()
    gc.freeze()
    started = time.process_time()
    work()
    taken = time.process_time() - started
    gc.unfreeze()
    return taken
