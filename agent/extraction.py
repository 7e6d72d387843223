"""Extraction by the model: for each name in a sentence it weighs the relations that the graph's schema admits, or none.

The model writes nothing. The options come from the schema, and what is read is how likely the first token of each is;
so no answer can name a relation or an entity that is not there, and the confidence is the model's own.
"""

import asyncio
from collections.abc import Sequence

from agent.errors import InvalidOutputError, ModelError, ModelUnreachableError
from agent.gate import ModelGate
from agent.untrusted import plain
from kg.building.text import NONE, Candidate, Judged, Sentence
from kg.manifest import Manifest
from prompts import load_template

LONGEST = 600
"""Characters of a sentence that the model reads."""


class ModelExtractor:
    """Judges sentences with a language model, one short request for each name.

    Args:
        gate: The way to the model.
        manifest: Says how the relations are worded.
        model: Its name, for the provenance.
    """

    def __init__(self, gate: ModelGate, manifest: Manifest, model: str) -> None:
        self._gate, self._manifest = gate, manifest
        self.name = model
        self._template = load_template("extract")

    async def judge(self, sentence: Sentence) -> Sequence[Judged]:
        """Return for each name the likeliest relation, unless none is likelier.

        Raises:
            ModelUnreachableError: The model is away. An answer that is no option counts as none.
        """
        asked = (self._weigh(sentence, mention) for mention in range(len(sentence.spans)) if sentence.of(mention))
        return [judged for judged in await asyncio.gather(*asked) if judged is not None]

    async def _weigh(self, sentence: Sentence, mention: int) -> Judged | None:
        candidates = sentence.of(mention)
        options = [*map(self._noun, candidates), NONE]
        messages = self._template.messages(
            sentence=plain(sentence.text, LONGEST),
            name=plain(sentence.names[mention]),
            item=plain(sentence.label),
            options=", ".join(options),
        )
        try:
            async with self._gate.client() as client:
                weights = await client.weigh([*messages], options)
        except InvalidOutputError:
            return None
        except ModelUnreachableError:
            raise
        except ModelError as error:
            raise ModelUnreachableError(str(error)) from error
        likeliest = max(candidates, key=lambda one: weights[self._noun(one)])
        sure = weights[self._noun(likeliest)]
        return Judged(likeliest, sure) if sure > weights[NONE] else None

    def _noun(self, candidate: Candidate) -> str:
        return self._manifest.relations[candidate.relation].noun
