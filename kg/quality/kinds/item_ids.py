"""Items that the table of items lists under several ids."""

from collections import defaultdict
from collections.abc import Iterator

from kg.quality.finding import Finder, Finding, Progress
from kg.quality.view import GraphView


class DoubledItemIds(Finder):
    """Finds entities that have several short item ids, so that the ratings of one thing are told as those of two.

    Nothing need be changed: Thence keys interactions on IRIs, so that both ids count as one item already.
    """

    kind = "item-twice"
    title = "items under two ids"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Looking for items under two ids")
        ids: dict[str, list[str]] = defaultdict(list)
        for item_id, iri in view.item_ids.items():
            ids[iri].append(item_id)
        for iri, same in sorted(ids.items()):
            if len(same) > 1:
                reason = (
                    f"{view.name(iri)} is listed under the ids {', '.join(same)}; what users said of each counts as "
                    "said of the one item."
                )
                yield Finding(self.kind, (iri, *same), 0.99, reason)
