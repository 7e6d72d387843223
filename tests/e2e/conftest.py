"""One real model server for the whole session, in folders of its own, and a real data set cut to size."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from agent import server
from agent.model import prepare
from agent.server import ServerAddress
from agent.settings import Settings, load_settings
from kg import namespaces as ns

FEW = 1_000
"""Items of a data set that is cut to size: enough for a real catalogue, few enough to be read in seconds."""


def show(text: str) -> None:
    """Print progress; pytest shows it when a test fails."""
    print(text)  # noqa: T201


@pytest.fixture(scope="session")
def model_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with empty folders, into which the converted weights of the user's cache are linked."""
    root = tmp_path_factory.mktemp("e2e")
    made = Path(prepare(load_settings(), show).location).parent
    models = root / "cache" / "models"
    models.mkdir(parents=True)
    for folder in made.iterdir():
        if folder.is_dir() and not folder.name.startswith("."):
            (models / folder.name).symlink_to(folder)
    return load_settings(home=root / "home", cache=root / "cache")


@pytest.fixture(scope="session")
def server_start(model_settings: Settings) -> Iterator["Future[ServerAddress]"]:
    """Begin to start a server; what takes long before it asks the model can be tested while it comes up.

    A command that fails meanwhile stops the start.
    """
    with ThreadPoolExecutor(1) as threads:
        yield threads.submit(server.ensure, model_settings, show)
        server.stop(model_settings)


@pytest.fixture(scope="session")
def model_server(model_settings: Settings, server_start: "Future[ServerAddress]") -> Settings:
    """Settings under which a model server runs; the first test to ask for it waits for the start."""
    wait([server_start])
    server.ensure(model_settings, show)
    return model_settings


@pytest.fixture(scope="session")
def data_sets(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The real data sets: the films whole, and of the music what is heard most, with what the graph says of it."""
    return {
        "ml100k": shared_data / "ml100k",
        "lastfm": cut(shared_data / "lastfm", tmp_path_factory.mktemp("cut") / "lastfm"),
    }


def cut(source: Path, target: Path) -> Path:
    """Write the most liked items of a data set with their neighbours and interactions.

    The whole of it takes minutes to fit; the tests of the import read it whole.
    """
    target.mkdir()
    tables = {name: rows_of(source / name) for name in ("train.tsv.gz", "test.tsv", "items.tsv")}
    liked = Counter(row["item_iri"] for row in tables["train.tsv.gz"])
    kept = {iri for iri, _ in liked.most_common(FEW)}
    for name, rows in tables.items():
        key = "iri" if name == "items.tsv" else "item_iri"
        with (target / name.removesuffix(".gz")).open("w", encoding="utf-8") as out:
            out.write("\t".join(rows[0]) + "\n")
            out.writelines("\t".join(row.values()) + "\n" for row in rows if row[key] in kept)
    with gzip.open(target / "kg.nt.gz", "wt", encoding="utf-8") as out:
        out.writelines(triples_about(source / "kg.nt.gz", {f"<{iri}>" for iri in kept}))
    return target


def rows_of(table: Path) -> list[dict[str, str]]:
    text = (gzip.decompress(table.read_bytes()) if table.suffix == ".gz" else table.read_bytes()).decode()
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def triples_about(graph: Path, kept: set[str]) -> Iterator[str]:
    """Yield what is said of the kept items, and the classes and names of their neighbours."""
    with gzip.open(graph, "rt", encoding="utf-8") as lines:
        split = [line.split(" ", 2) for line in lines]
    neighbours = {rest.removesuffix(" .\n") for subject, _, rest in split if subject in kept}
    told = {f"<{one}>" for one in (ns.RDF_TYPE, ns.RDFS_LABEL)}
    catalogue = f"<{ns.CATALOG_ITEM}> .\n"
    for subject, predicate, rest in split:
        if subject in kept or (subject in neighbours and predicate in told and rest != catalogue):
            yield f"{subject} {predicate} {rest}"
