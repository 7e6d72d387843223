"""What all the texts and lists of a run come to: shares with intervals over users, times, and the quality of paths."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.grounding import ListRun, Sentence, Text
from eval.grounding_checks import commonest
from eval.significance import Bootstrap, Estimate
from kg.types import Iri
from tools.path_quality import Goal, LinkedPath, PathQuality, Popularity, choose, linking_recency, measure

FEWEST_WORDS, MOST_WORDS = 20, 45
AS_SHOWN = "as shown"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds in the middle and at the slow end; None of nothing."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class WriterRow:
    """All that is told of one writer.

    Attributes:
        empty: Items without a word.
        cut: Share of the texts that had to be stopped.
        claims: Of ours; 0 of a peer, who cites nothing.
        claims_entailed: Share of them that the verifier upholds and the independent yardstick has nothing against.
        say_nothing: Share of the sentences that name nothing; the others are judged.
        strict, lenient: Shares of the judged sentences that pass, means over users.
        strict_texts, lenient_texts: Shares of the texts with such sentences all of which do.
        by_code: Share of the texts that code wrote in the model's place; None of a peer.
        skeletons: Distinct ones; `commonest` is the share of the commonest.
        in_range: Share of the texts of 20 to 45 words.
    """

    writer: str
    texts: int
    empty: int
    cut: float
    sentences: int
    say_nothing: float
    claims: int
    claims_entailed: float | None
    strict: Estimate | None
    lenient: Estimate | None
    strict_texts: float | None
    lenient_texts: float | None
    by_code: Estimate | None
    skeletons: int
    commonest: float
    words: float
    in_range: float
    item: Times
    tokens: float


@dataclass(frozen=True, slots=True)
class ListRow:
    """Our lists: time to the ranked list and to the last word, calls and tokens.

    Attributes:
        overviews: Lists with a text about the whole of them; `overview_entailed` is the share of its claims that are.
    """

    lists: int
    ranked: Times
    whole: Times
    calls: float
    tokens: float
    degraded: int
    overviews: int
    overview_claims: int
    overview_entailed: float | None
    refusals: dict[str, int]


@dataclass(frozen=True, slots=True)
class PathRow:
    """Path quality over users, of one choice of paths.

    Attributes:
        chosen: As shown, or steered for a measure.
        explained: Share of the items that have a path.
        lir: None where `lir_missing` says why, for every user.
    """

    chosen: str
    k: int
    explained: float
    lir: Estimate | None
    sep: Estimate | None
    etd: Estimate | None
    lir_missing: str | None


def writer_row(writer: str, texts: Sequence[Text], seed: int, *, ours: bool) -> WriterRow:
    """Return the measures of one writer's texts; empty ones count as such and nowhere else."""
    written = [one for one in texts if one.text]
    found = [sentence for one in written for sentence in one.sentences]
    claims = [claim for one in written for claim in one.claims]
    return WriterRow(
        writer=writer,
        texts=len(texts),
        empty=len(texts) - len(written),
        cut=_share(one.cut for one in texts) or 0.0,
        sentences=len(found),
        say_nothing=_share(not sentence.says for sentence in found) or 0.0,
        claims=len(claims),
        claims_entailed=_share(claim.entailed for claim in claims),
        strict=_over_users(written, lambda one: [sentence.strict for sentence in _said(one)], seed),
        lenient=_over_users(written, lambda one: [not sentence.unsupported for sentence in _said(one)], seed),
        strict_texts=_share(all(sentence.strict for sentence in _said(one)) for one in written if _said(one)),
        lenient_texts=_share(not any(sentence.unsupported for sentence in _said(one)) for one in written if _said(one)),
        by_code=_over_users(written, lambda one: [one.by_code], seed) if ours else None,
        skeletons=len({one.skeleton for one in written}),
        commonest=commonest([one.skeleton for one in written]),
        words=_mean([one.words for one in written]),
        in_range=_share(FEWEST_WORDS <= one.words <= MOST_WORDS for one in written) or 0.0,
        item=times([one.seconds for one in written]),
        tokens=_mean([one.tokens for one in written if not one.cut]),
    )


def list_row(runs: Sequence[ListRun]) -> ListRow:
    """Return the measures of our lists."""
    refused = Counter(_kind_of(reason) for run in runs for reason in run.refusals)
    claims = [claim for run in runs for claim in run.overview]
    return ListRow(
        lists=len(runs),
        ranked=times([run.ranked for run in runs]),
        whole=times([run.seconds for run in runs]),
        calls=_mean([run.calls for run in runs]),
        tokens=_mean([run.tokens for run in runs]),
        degraded=sum(bool(run.degraded) for run in runs),
        overviews=sum(bool(run.overview) for run in runs),
        overview_claims=len(claims),
        overview_entailed=_share(claim.entailed for claim in claims),
        refusals=dict(refused.most_common()),
    )


def path_rows(
    runs: Sequence[ListRun],
    k: int,
    *,
    moments: Callable[[str], Mapping[Iri, float]],
    popularity: Popularity,
    kinds: Collection[str],
    seed: int,
) -> list[PathRow]:
    """Return the quality of the paths as shown, and of the same lists when the choice is steered by each measure."""
    recencies = {run.user: linking_recency(moments(run.user)) for run in runs}
    goals: tuple[Goal | None, ...] = (None, "lir", "sep", "etd")
    rows = []
    for goal in goals:
        found = []
        for run in runs:
            recency = recencies[run.user]
            places = choose(run.paths, goal, recency=recency, popularity=popularity) if goal else None
            chosen = _picked(run.paths, places)
            found.append(measure(chosen, k, recency=recency, popularity=popularity, kinds=kinds))
        rows.append(_path_row(f"steered by {goal.upper()}" if goal else AS_SHOWN, k, found, seed))
    return rows


def times(seconds: Sequence[float]) -> Times:
    """Return the median and the 95th percentile, each a value that was seen."""
    ordered = sorted(seconds)
    if not ordered:
        return Times(None, None)
    return Times(ordered[(len(ordered) - 1) // 2], ordered[math.ceil(0.95 * len(ordered)) - 1])


def _path_row(name: str, k: int, found: Sequence[PathQuality], seed: int) -> PathRow:
    def estimate(values: Iterable[float | None]) -> Estimate | None:
        return _estimate([value for value in values if value is not None], seed)

    lir = estimate(one.lir for one in found)
    return PathRow(
        chosen=name,
        k=k,
        explained=_mean([one.explained / k for one in found]),
        lir=lir,
        sep=estimate(one.sep for one in found),
        etd=estimate(one.etd for one in found),
        lir_missing=next((one.lir_missing for one in found if one.lir_missing), None) if lir is None else None,
    )


def _picked(candidates: Sequence[Sequence[LinkedPath]], places: Sequence[int | None] | None) -> list[LinkedPath | None]:
    at = places if places is not None else [0 if paths else None for paths in candidates]
    return [paths[place] if place is not None else None for paths, place in zip(candidates, at, strict=True)]


def _said(text: Text) -> list[Sentence]:
    return [sentence for sentence in text.sentences if sentence.says]


def _over_users(texts: Sequence[Text], passes: Callable[[Text], Sequence[bool]], seed: int) -> Estimate | None:
    """Return the mean over users of each one's share; texts of one user are not independent of each other."""
    by_user: dict[str, list[bool]] = {}
    for one in texts:
        by_user.setdefault(one.user, []).extend(passes(one))
    return _estimate([share for found in by_user.values() if (share := _share(found)) is not None], seed)


def _estimate(values: Sequence[float], seed: int) -> Estimate | None:
    return Bootstrap(len(values), seed).estimate(np.array(values, np.float64)) if values else None


def _kind_of(reason: str) -> str:
    """Return a reason without what it is about, so that equal ones can be counted."""
    return reason.split(": ", 1)[0]


def _share(values: Iterable[bool]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
