"""The build of a domain: sources are converted one by one and kept, the whole takes the place of what was there."""

import hashlib
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from kg import artefacts
from kg.building.errors import BuildError
from kg.building.meter import Meter
from kg.building.provenance import PROVENANCE, describe_build
from kg.building.source import DONE, PART, Converted, Run, Source
from kg.domain import Domain, Domains
from kg.importing import Wanted, free_folder, import_domain
from kg.snapshot import STORE, Snapshot, open_snapshot
from kg.succession import Carried

GRAPH = "kg.nt.gz"


class BuildProgress(Protocol):
    """What a build tells while it works."""

    def converting(self, source: Source, meter: Meter) -> None:
        """Part of a source was read."""
        ...

    def converted(self, source: Source, done: Converted, *, kept: bool) -> None:
        """A source is done; `kept`: by an earlier build that broke off."""
        ...

    def say(self, text: str) -> None:
        """Something begins that takes a while."""
        ...


@dataclass(frozen=True)
class Built:
    """What a build made.

    Attributes:
        domain: The domain, opened as a snapshot in `snapshot`.
        sources: What became of each source, and whether an earlier build had done it.
        triples: Of the graph; what is said twice counts once.
        load_seconds: What the store on disk took.
        said_twice: Predicates left out of the manifest, with the one that says the same.
        carried: What came along of the domain that it replaced.
    """

    domain: Domain
    snapshot: Snapshot
    sources: list[tuple[Source, Converted, bool]]
    triples: int
    seconds: float
    load_seconds: float
    said_twice: dict[str, str]
    carried: Carried

    @property
    def rate(self) -> float:
        """Triples per minute, from the sources that were read now into the store on disk."""
        read = sum(done.seconds for _, done, kept in self.sources if not kept)
        return 60 * self.triples / max(read + self.load_seconds, 1e-9)


@dataclass(frozen=True)
class BuildOptions:
    """What a build is told beside its sources.

    Attributes:
        item_class: IRI or local name of the class that may be recommended; None: see `kg.drafting`.
        folder: Where the domain comes to lie; None: among the imported ones.
        replace: Whether it takes the place of one of that name.
    """

    item_class: str | None = None
    folder: Path | None = None
    replace: bool = False


@dataclass
class _Clock:
    """Notes how long loading took: from the last source to the manifest."""

    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started


def build_domain(
    sources: Sequence[Source],
    name: str,
    domains: Domains,
    progress: BuildProgress,
    options: BuildOptions | None = None,
) -> Built:
    """Build a graph of sources and put it into a domain of that name, whole.

    A build that broke off is gone on with by the same call: sources that were finished, and did not change since,
    are kept. Until the end the domain that is there stays as it is.

    Raises:
        DomainError: The name cannot be or is taken.
        GraphError, InteractionsError: A source is damaged; the message names file and line.
        BuildError: Another build of that name is running.
    """
    options, clock = options or BuildOptions(), _Clock()
    target = free_folder(name, domains, replace=options.replace, folder=options.folder)
    work = target.with_name(f".{target.name}.build")
    work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(work.with_suffix(".lock"), timeout=0):
            parts = [(source, *_convert(source, work, progress)) for source in sources]
            whole, store = work / "whole", work / STORE
            for folder in (whole, store):
                shutil.rmtree(folder, ignore_errors=True)  # they are made in seconds of what is kept
            _assemble(name, parts, whole)
            progress.say("Loading the store")
            loading = _Clock()
            extra = (PROVENANCE,)
            told = f"Built from {', '.join(source.name for source in sources)}."[:500]
            wanted = Wanted(options.item_class, False, store, target, told, extra)
            done = import_domain(whole, name, domains, replace=options.replace, wanted=wanted)
            load_seconds = loading.seconds
            snapshot = open_snapshot(done.domain, domains.fitted(done.domain), progress.say, loaded=store)
            shutil.rmtree(work)
    except Timeout as error:
        raise BuildError(f"another build of {name!r} is running; wait for it, or stop it.") from error
    results = [(source, converted, kept) for source, _, converted, kept in parts]
    size = len(snapshot.store)
    return Built(done.domain, snapshot, results, size, clock.seconds, load_seconds, done.said_twice, done.carried)


def _convert(source: Source, work: Path, progress: BuildProgress) -> tuple[Path, Converted, bool]:
    """Convert a source into a folder that is named after its content, unless an earlier build did."""
    digest = _digest(source)
    folder = work / digest
    kept = folder.is_dir()

    def fill(partial: Path) -> None:
        clock, run = _Clock(), Run(lambda meter: progress.converting(source, meter))
        source.convert(partial, run)
        Converted(run.meter.triples, clock.seconds, tuple(run.notes)).save(partial)

    artefacts.stage(folder, fill)
    done = Converted.load(folder)
    progress.converted(source, done, kept=kept)
    return folder, done, kept


def _digest(source: Source) -> str:
    """Return a short digest of a source's kind, its options and its files' contents."""
    said = f"{source.kind}\n{source.options}\n{artefacts.fingerprint(source.files)}"
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _assemble(name: str, parts: Sequence[tuple[Source, Path, Converted, bool]], whole: Path) -> None:
    """Lay the parts of the sources together as the folder of an import has them."""
    whole.mkdir()
    with (whole / GRAPH).open("wb") as graph:
        for _, folder, _, _ in parts:
            if (folder / PART).is_file():
                with (folder / PART).open("rb") as part:
                    shutil.copyfileobj(part, graph)  # a gzip file may have many members
    for source, folder, _, _ in parts:
        for table in sorted(folder.iterdir()):
            if table.name in (PART, DONE):
                continue
            if (whole / table.name).exists():
                raise BuildError(f"{source.name} brings {table.name}, and so does another source; leave one out.")
            shutil.copyfile(table, whole / table.name)
    describe_build(name, [(source, folder.name, done) for source, folder, done, _ in parts], whole / PROVENANCE)
