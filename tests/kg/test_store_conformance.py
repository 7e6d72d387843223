"""Every triple store does the same: in memory, on disk, behind an endpoint, and in a real Virtuoso."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.remote import EndpointAccess, RemoteStore
from kg.store import GraphStore
from tests.endpoint import Endpoint
from tests.kg.store_conformance import TURTLE, LargeStoreConformance, StoreConformance, many
from tests.virtuoso import MAX_ROWS, PASSWORD, USER, Virtuoso

GRAPH, LARGE = "http://a.example/graph", "http://a.example/large"


def filled(turtle: str, folder: Path, path: Path | None = None) -> GraphStore:
    file = folder / "graph.ttl"
    file.write_text(turtle, "utf-8")
    return GraphStore.from_files([file], path)


class TestMemory(StoreConformance, LargeStoreConformance):
    n_subjects, n_objects = 12, 30

    @pytest.fixture
    def store(self, tmp_path: Path) -> GraphStore:
        return filled(TURTLE, tmp_path)

    @pytest.fixture
    def large(self, tmp_path: Path) -> GraphStore:
        return filled(many(12, 30), tmp_path)


class TestDisk(StoreConformance, LargeStoreConformance):
    n_subjects, n_objects = 12, 30

    @pytest.fixture(scope="class")
    def store(self, tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
        folder = tmp_path_factory.mktemp("disk")
        filled(TURTLE, folder, folder / "store")
        return GraphStore(folder / "store", read_only=True)

    @pytest.fixture(scope="class")
    def large(self, tmp_path_factory: pytest.TempPathFactory) -> GraphStore:
        folder = tmp_path_factory.mktemp("disk")
        return filled(many(12, 30), folder, folder / "store")


@pytest.mark.slow
@pytest.mark.parametrize("page", [2, 3, 5_000], scope="class")
class TestEndpoint(StoreConformance, LargeStoreConformance):
    """An endpoint of the standard, with pages of any size."""

    n_subjects, n_objects = 12, 30

    @pytest.fixture(scope="class")
    def store(self, page: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteStore]:
        engine = filled(TURTLE, tmp_path_factory.mktemp("endpoint")).engine
        with Endpoint(engine) as endpoint, RemoteStore(endpoint.url, access=EndpointAccess(page=page)) as store:
            yield store

    @pytest.fixture(scope="class")
    def large(self, page: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteStore]:
        engine = filled(many(12, 30), tmp_path_factory.mktemp("endpoint")).engine
        with Endpoint(engine) as endpoint, RemoteStore(endpoint.url, access=EndpointAccess(page=page)) as store:
            yield store


class TestVirtuoso(StoreConformance, LargeStoreConformance):
    """A real server, which cuts answers at `MAX_ROWS`."""

    n_subjects, n_objects = 30, MAX_ROWS + 100

    @pytest.fixture(scope="class", autouse=True)
    def loaded(self, virtuoso: Virtuoso) -> None:
        virtuoso.load(TURTLE, GRAPH)
        virtuoso.load(many(30, MAX_ROWS + 100), LARGE)

    @pytest.fixture(scope="class", params=[3, 10_000])
    def store(self, request: pytest.FixtureRequest, virtuoso: Virtuoso) -> Iterator[RemoteStore]:
        with RemoteStore(virtuoso.url, GRAPH, EndpointAccess(page=request.param)) as store:
            yield store

    @pytest.fixture(scope="class")
    def large(self, virtuoso: Virtuoso) -> Iterator[RemoteStore]:
        with RemoteStore(virtuoso.url, LARGE, EndpointAccess(page=10_000)) as store:
            yield store

    def test_a_password_is_told_by_digest(self, virtuoso: Virtuoso) -> None:
        access = EndpointAccess(virtuoso.host, USER, PASSWORD)
        with RemoteStore(virtuoso.guarded_url, GRAPH, access) as store:
            assert [len(list(store.triples(obj="http://a.example/stoker"))) for _ in range(3)] == [2, 2, 2]
