"""One thread for small matrices: the limit holds inside, and is gone afterwards."""

from threading import Event, Thread

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tools.ranking.threads import one_thread


def threads() -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}


def test_it_may_be_asked_for_within_itself() -> None:
    before = threads()
    with one_thread():
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == before


def test_callers_that_overlap_leave_no_limit_behind() -> None:
    with threadpool_limits(2, "blas"):
        before = threads()
        entered, leave = Event(), Event()

        def other() -> None:
            with one_thread():
                entered.set()
                leave.wait(10)

        thread = Thread(target=other)
        with one_thread():
            thread.start()
            assert entered.wait(10)
            assert threads() == {1}
        leave.set()
        thread.join(10)
        assert threads() == before


def test_a_failure_inside_lifts_the_limit() -> None:
    before = threads()
    with pytest.raises(ArithmeticError), one_thread():
        raise ArithmeticError
    assert threads() == before
