"""What comes out does not depend on who does the work, and a worker that dies costs nothing but time."""

import operator
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mesodyn import executor
from mesodyn.errors import InputError, UnfinishedError

ALL = {number: number + 0.5 for number in range(7)}


def squared(common, task):
    return os.getpid(), (common + task) ** 2


def dying(place, task):
    """Task 2 kills its own process, once or always; the others take their time, so that they are in flight then."""
    mark = Path(place) / "died"
    if task == "die once" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return task


def refusing(common, task):
    if task == common:
        raise InputError("turns", "at least 0", task, "raise it")
    return task


def failing(common, task):
    if task == common:
        raise UnfinishedError("the norm is lost")
    return task


def full(common, task):
    if task == common:
        raise MemoryError
    return task


def threads(common, task):
    return os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS")


def collected(work, common, tasks, **options):
    found: dict[int, object] = {}
    executor.each(work, common, tasks, lambda number, result: found.__setitem__(number, result), **options)
    return found


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_do_not_depend_on_the_workers(workers):
    found = collected(squared, 1.0, ALL, workers=workers)
    assert {number: result for number, (_, result) in found.items()} == {n: (1.0 + x) ** 2 for n, x in ALL.items()}
    assert len({process for process, _ in found.values()}) <= workers
    assert (os.getpid() in {process for process, _ in found.values()}) == (workers == 1)


def test_a_local_cluster_gives_the_same_results():
    found = collected(squared, 1.0, ALL, workers=2, cluster="local")
    assert {number: result for number, (_, result) in found.items()} == {n: (1.0 + x) ** 2 for n, x in ALL.items()}
    assert os.getpid() not in {process for process, _ in found.values()}


def test_a_worker_that_dies_once_costs_nothing(tmp_path):
    tasks = dict(enumerate(["a", "b", "die once", "c", "d"]))
    assert collected(dying, str(tmp_path), tasks, workers=2) == tasks


def test_a_task_that_always_kills_its_worker_is_named_after_all_others_are_done(tmp_path):
    tasks = dict(enumerate(["a", "b", "die", "c", "d"], 10))
    found: dict[int, object] = {}
    with pytest.raises(UnfinishedError, match=r"block 12 could not be computed \(its process died 3 times.*--resume"):
        executor.each(dying, str(tmp_path), tasks, found.__setitem__, workers=2)
    assert found == {number: task for number, task in tasks.items() if task != "die"}


@pytest.mark.slow
def test_on_a_cluster_too(tmp_path):
    tasks = dict(enumerate(["a", "die once", "die", "c", "d"], 10))
    found: dict[int, object] = {}
    with pytest.raises(
        UnfinishedError, match=r"block 12 could not be computed \((its worker died again|the cluster has lost)"
    ):
        executor.each(dying, str(tmp_path), tasks, found.__setitem__, workers=2, cluster="local")
    assert found == {number: task for number, task in tasks.items() if task != "die"}


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("work", "why"), [(failing, "the norm is lost"), (full, "out of memory")])
def test_a_task_that_cannot_be_finished_is_named_after_all_others_are_done(workers, work, why):
    tasks = {number: number for number in range(20, 40)}
    found: dict[int, object] = {}
    with pytest.raises(UnfinishedError, match=rf"block 25 could not be computed \({why}\); all others are kept"):
        executor.each(work, 25, tasks, found.__setitem__, workers=workers)
    assert sorted(found) == [number for number in tasks if number != 25]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_refuses_is_refused_at_once_with_its_own_words(workers):
    with pytest.raises(InputError, match="turns must be at least 0, but was 1; raise it"):
        executor.each(refusing, 1, ALL | {0: 1}, lambda number, result: None, workers=workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_taker_of_results_says_is_not_taken_for_the_tasks(workers):
    def refuse(number, result):
        raise UnfinishedError("the disk is full")

    with pytest.raises(UnfinishedError, match=r"^the disk is full$"):
        executor.each(squared, 1.0, ALL, refuse, workers=workers)


def test_workers_have_one_thread_each_and_the_environment_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert set(collected(threads, None, ALL, workers=2).values()) == {("1", "1")}
    assert os.environ["OMP_NUM_THREADS"] == "7" and "OPENBLAS_NUM_THREADS" not in os.environ


def test_nothing_to_do_is_done():
    assert collected(operator.add, 1, {}, workers=3) == {}
    assert collected(operator.add, 1, {4: 1}, workers=3) == {4: 2}


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "tcp://x:y:z", ""])
def test_a_scheduler_that_does_not_answer_is_refused(address, monkeypatch, capfd):
    monkeypatch.setattr(executor, "PATIENCE", 1)
    with pytest.raises(InputError, match="cluster must be 'local' or the address of a Dask scheduler"):
        executor.each(squared, 1.0, ALL, lambda number, result: None, cluster=address)
    assert capfd.readouterr() == ("", "")


def test_without_dask_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'mesodyn\[cluster\]'"):
        executor.each(squared, 1.0, ALL, lambda number, result: None, cluster="local")


def test_what_is_refused_in_a_worker_says_the_same_here():
    error = InputError("turns", "at least 0", -1.5, "raise it")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.argument, type(again)) == (str(error), "turns", InputError)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(stop, tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from mesodyn import executor; from tests import test_executor\n"
        "if __name__ == '__main__':\n"
        "    executor.each(test_executor.waiting, sys.argv[2], dict.fromkeys(range(4), 60), print, workers=2)\n"
    )
    (tmp_path / "main.py").write_text(code)
    words = [sys.executable, str(tmp_path / "main.py"), str(Path(__file__).parents[1]), str(tmp_path)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 60
    while len(marks := list(tmp_path.glob("*.pid"))) < 2 and time.monotonic() < limit:
        time.sleep(0.02)
    os.kill(process.pid, stop)
    process.communicate(timeout=20)
    workers = [int(mark.stem) for mark in marks]
    while any(map(alive, workers)) and time.monotonic() < limit:
        time.sleep(0.02)
    assert len(workers) == 2 and not any(map(alive, workers))


def waiting(place, seconds):
    (Path(place) / f"{os.getpid()}.pid").touch()
    time.sleep(seconds)


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{process}/stat").exists() or " Z " not in Path(f"/proc/{process}/stat").read_text()


def test_no_threads_are_left():
    before = threading.active_count()
    collected(squared, 1.0, ALL, workers=2)
    limit = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < limit:
        time.sleep(0.01)
    assert threading.active_count() <= before
