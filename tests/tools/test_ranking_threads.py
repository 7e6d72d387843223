"""One thread for small matrices: the limit holds inside, and is gone afterwards."""

from threadpoolctl import threadpool_info

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
