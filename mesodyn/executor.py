"""The same work on one core, on several, or on a Dask cluster: what comes out does not depend on which."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from mesodyn.errors import InputError, Shown, UnfinishedError

TRIES = 3
"""How often a task is tried whose worker dies."""
NAMED = 10
"""So many tasks that failed are named."""
PATIENCE = 10
"""Seconds in which a Dask scheduler must answer."""
TICK = 0.1
"""Seconds after which an interrupt from the keyboard is noticed, at the latest."""
ADDRESS = re.compile(r"([a-z]+://)?(\[[0-9a-f:]+\]|[^:/\s]+):[0-9]{1,5}")
ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    "DASK_LOGGING__DISTRIBUTED": "critical",
}
"""Of workers: one thread for linear algebra (faster on small matrices, and the bits don't depend on the load)."""

Work = Callable[[Any, Any], Any]
Done = Callable[[int, Any], None]
Failed = dict[int, str]


def each(
    work: Work, common: Any, tasks: Mapping[int, Any], done: Done, *, workers: int = 1, cluster: str | None = None
) -> None:
    """Do ``work(common, task)`` for every task, in any order, and hand each result to `done` in this process.

    Parameters
    ----------
    work
        A function of a module: its name is sent to other processes.
    common
        What all tasks need; each worker is sent it once.
    tasks
        What is to be done, by number.
    done
        Called with a task's number and its result, one after the other.
    workers
        How many processes; 1 is this one. With `cluster` it counts for ``"local"`` only.
    cluster
        ``"local"`` or the address of a Dask scheduler.

    Raises
    ------
    InputError
        When Dask is asked for and not installed, or the scheduler does not answer.
    UnfinishedError
        When the worker of a task has died `TRIES` times, or a task itself could not be finished: it says which, after
        all other tasks are done.

    Examples
    --------
    >>> import operator
    >>> each(operator.add, 10, {3: 1, 4: 2}, lambda number, result: print(number, result))
    3 11
    4 12
    """
    failed: Failed = {}
    if cluster is not None:
        _on_dask(work, common, tasks, done, failed, workers, cluster)
    elif workers == 1 or len(tasks) < 2:
        for number, task in tasks.items():
            _take(partial(work, common, task), number, done, failed)
    else:
        _Processes(work, common, tasks, done, failed).run(min(workers, len(tasks)))
    if failed:
        _report(failed)


def _take(result: Callable[[], Any], number: int, done: Done, failed: Failed) -> None:
    """Hand on a result, or note why there is none."""
    try:
        value = result()
    except UnfinishedError as error:
        failed[number] = str(error)
    except MemoryError:
        failed[number] = "out of memory"
    else:
        done(number, value)


def _report(failed: Failed) -> None:
    names = ", ".join(map(str, sorted(failed)[:NAMED])) + (", ..." if len(failed) > NAMED else "")
    raise UnfinishedError(
        f"block{'s' * (len(failed) > 1)} {names} could not be computed ({failed[min(failed)]}); all others are kept: "
        "go on with --resume"
    )


class _Processes:
    """A pool with no more tasks in flight than workers, so that few are suspect when a worker dies."""

    def __init__(self, work: Work, common: Any, tasks: Mapping[int, Any], done: Done, failed: Failed) -> None:
        self.work, self.common, self.tasks, self.done, self.failed = work, common, tasks, done, failed
        self.waiting = list(tasks)[::-1]
        self.tries = dict.fromkeys(tasks, 0)

    def run(self, workers: int) -> None:
        """Do all tasks; those whose worker has died go alone, so that they take no other with them."""
        with _deferred() as stop:
            while self.waiting:
                alone = self.tries[self.waiting[-1]] > 0
                with _pool(1 if alone else workers, self.work, self.common) as pool:
                    for number in self._until_one_dies(pool, 1 if alone else workers, alone, stop):
                        self.tries[number] += 1
                        if self.tries[number] < TRIES:
                            self.waiting.append(number)
                        else:
                            self.failed[number] = f"its process died {TRIES} times: killed, or out of memory"
            stop()

    def _until_one_dies(self, pool: Any, most: int, alone: bool, stop: Callable[[], None]) -> list[int]:
        """Do what is waiting; the tasks that were in flight when a worker died."""
        from concurrent.futures import FIRST_COMPLETED, Future, wait
        from concurrent.futures.process import BrokenProcessPool

        flying: dict[Future[Any], int] = {}
        while True:
            while self.waiting and len(flying) < most and (self.tries[self.waiting[-1]] > 0) == alone:
                try:
                    with _undisturbed():
                        future = pool.submit(_in_worker, self.tasks[self.waiting[-1]])
                except BrokenProcessPool:
                    break
                flying[future] = self.waiting.pop()
            if not flying:
                return []
            dead, finished = [], set[Future[Any]]()
            while not finished:
                stop()
                finished = wait(flying, timeout=TICK, return_when=FIRST_COMPLETED).done
            for future in finished:
                try:
                    _take(future.result, flying[future], self.done, self.failed)
                    del flying[future]
                except BrokenProcessPool:
                    dead.append(future)
            if dead:
                return sorted(flying.values(), reverse=True)


_mine: tuple[Work, Any] | None = None
"""In a worker: what it does, and what it needs for all tasks."""


def _in_worker(task: Any) -> Any:
    work, common = _mine or (None, None)
    return None if work is None else work(common, task)


def _begin(work: Work, common: Any) -> None:
    """Start a worker: it leaves Ctrl-C to the process that started it, and ends when that is gone."""
    global _mine
    _mine = work, common
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _pool(workers: int, work: Work, common: Any) -> Iterator[Any]:
    """A process pool that is gone, whatever happens, when the block ends."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    fresh = multiprocessing.get_context("spawn")  # a fork would inherit threads and locks
    with _environment():  # before the workers load a linear algebra library
        pool = ProcessPoolExecutor(workers, fresh, initializer=_begin, initargs=(work, common))
        try:
            yield pool
        finally:
            running = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.terminate()
            for process in running:
                process.join()


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """What workers that start meanwhile find in their environment."""
    old = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in old.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _deferred() -> Iterator[Callable[[], None]]:
    """Take note of Ctrl-C, and raise it when asked: in the midst of a pool's locks it would leave them held."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    noted: list[int] = []

    def stop() -> None:
        if noted:
            raise KeyboardInterrupt

    old = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, old)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Start processes that Ctrl-C never reaches: they inherit what is blocked here, for a moment."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # or it would start inside, and unblock the signal
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _on_dask(
    work: Work, common: Any, tasks: Mapping[int, Any], done: Done, failed: Failed, workers: int, cluster: str
) -> None:
    """The same on `dask.distributed`, which tries again by itself when a worker dies."""
    try:
        from distributed import CancelledError, Client, KilledWorker, LocalCluster
    except ImportError:
        way = "install it: pip install 'mesodyn[cluster]'"
        raise InputError("cluster", "left out without dask.distributed", cluster, way) from None
    must = "'local' or the address of a Dask scheduler, such as tcp://10.0.0.1:8786"
    if cluster != "local" and not ADDRESS.fullmatch(cluster):
        raise InputError("cluster", must, cluster)
    with contextlib.ExitStack() as opened:
        opened.enter_context(_environment())
        opened.enter_context(_quiet())
        if cluster == "local":
            with _undisturbed():
                cluster = opened.enter_context(
                    LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0")
                )
        try:
            client = opened.enter_context(Client(cluster, timeout=PATIENCE))
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, ValueError, TimeoutError) as error:
            was = Shown(f"{cluster} ({error})")
            raise InputError("cluster", must, was) from None
        waiting, lost = list(tasks)[::-1], []
        flying: dict[Any, int] = {}
        while waiting or flying:
            # Few at a time: each carries what all have in common, since data sent once would be lost with its worker.
            while waiting and len(flying) < max(2 * sum(client.nthreads().values()), 1):
                future = client.submit(work, common, tasks[waiting[-1]], pure=False)
                flying[future] = waiting.pop()
            for future in _finished(client, list(flying)):
                number = flying.pop(future)
                try:
                    _take(future.result, number, done, failed)
                except (KilledWorker, CancelledError):  # a worker died with it, or with its result
                    lost.append(number)
        for number in lost:  # alone, so that they take no other with them
            for _ in range(TRIES):
                with contextlib.suppress(KilledWorker, CancelledError):
                    future = client.submit(work, common, tasks[number], pure=False)
                    _take(partial(_result, client, future), number, done, failed)
                    break
            else:
                failed[number] = "its worker died again and again: killed, or out of memory"


def _result(client: Any, future: Any) -> Any:
    _finished(client, [future])
    return future.result()


def _finished(client: Any, futures: list[Any]) -> Any:
    """Those of some futures that are finished, at least one.

    Raises
    ------
    UnfinishedError
        When the scheduler has no worker any more.
    """
    from distributed import wait

    alone = False
    while True:
        with contextlib.suppress(TimeoutError):
            return wait(futures, timeout=PATIENCE, return_when="FIRST_COMPLETED").done
        if alone and not client.nthreads():
            raise UnfinishedError("the cluster has lost all its workers; what is done is kept: go on with --resume")
        alone = not client.nthreads()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What happens to workers is told by the report, not by a log."""
    import logging
    import warnings

    log = logging.getLogger("distributed")
    old = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        log.setLevel(old)
