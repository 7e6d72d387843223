"""The peers of our justifications: the same model on the same server, told the same evidence, and nothing checked."""

import asyncio
import time
from collections.abc import Sequence

from agent.errors import InvalidOutputError
from agent.gate import ModelGate
from eval.grounding import Text, Work, judged
from eval.grounding_checks import n_words, sentences, skeleton
from eval.turns import Tell, in_turn
from prompts import load_template

PEERS = {"free": "peer_free", "facts only": "peer_facts_only"}
"""Prompt texts by the name of the peer; the second says to use only the facts."""

UNTUNED = ", untuned"
"""Ends the name of a peer without the adapter: one that was tuned to answer in JSON may have forgotten how to write."""

MAX_TOKENS = 120
"""Two sentences of 45 words hold about as many."""

MAX_SENTENCES = 2
"""What a peer writes beyond it is left out, as it was asked for one or two: it is judged on what it was asked for."""

TEMPERATURE = 0.7
"""As ours."""


async def run_peer(
    name: str, gate: ModelGate, work: Sequence[Sequence[Work]], *, concurrency: int, tell: Tell, tuned: bool = True
) -> list[Text]:
    """Let one peer write why, all items of a list at once as ours, `concurrency` lists at a time.

    Args:
        name: One of `PEERS`.
        gate: The way to the model.
        work: The items of each list.
        concurrency: Lists at a time.
        tell: Told how many lists are done.
        tuned: Whether the model has the adapter that ours has; the texts say so where it has not.

    Raises:
        ModelError: The model cannot be reached.
    """
    writer = name if tuned else f"{name}{UNTUNED}"
    template = load_template(PEERS[name])

    async def one(item: Work) -> Text:
        messages = template.messages(item=item.brief.label, facts="\n".join(f"- {line}" for line in item.brief.facts))
        return await _write(writer, gate, item, messages)

    async def several(items: Sequence[Work]) -> list[Text]:
        return list(await asyncio.gather(*(one(item) for item in items)))

    lists = await in_turn(several, work, concurrency, tell)
    return [text for texts in lists for text in texts]


async def _write(writer: str, gate: ModelGate, work: Work, messages: Sequence[dict[str, str]]) -> Text:
    """Return what the model wrote; of a text that had to be stopped, what there is of it."""
    begun, pieces, tokens, cut = time.perf_counter(), list[str](), 0, False
    try:
        async with gate.client() as client:
            completion = await client.write(
                messages, max_tokens=MAX_TOKENS, temperature=TEMPERATURE, on_token=pieces.append
            )
        tokens = completion.prompt_tokens + completion.completion_tokens
    except InvalidOutputError:
        cut = True
    brief = work.brief
    text = " ".join(sentences(" ".join("".join(pieces).split()), brief.names)[:MAX_SENTENCES])
    return Text(
        writer=writer,
        user=work.user,
        item=work.item.label,
        text=text,
        facts=brief.facts,
        by_code=False,
        cut=cut,
        seconds=time.perf_counter() - begun,
        tokens=float(tokens),
        words=n_words(text),
        skeleton=skeleton(text, brief.names),
        sentences=judged(text, brief),
    )
