"""Questions in words: one of many ways to ask for the end of a walk through the graph."""

import re
from collections.abc import Sequence

from agent.tune.noun_phrases import NounPhraser, Phrase, is_bare, with_article
from agent.tune.together import Together
from agent.tune.ways import Ways
from kg.types import Step
from kg.verbs import agreeing, base_form

FOLDED, TOGETHER, LISTED = 0.4, 0.45, 0.2
"""Shares of walks there and back, and between persons, that are said as one thing; of the others that are listed."""

_KIND_OF = re.compile(r"(?:what|which) ([\w ]+?) (?:is|was) \{s\}((?: \w+)?)")
"""A question that says of a subject what it is: "what genre is {s}", "which category is {s} in"."""

_SUBJECT_OF = re.compile(r"\b(?:is|was|are|were|does|do|did|has|have) \{s\}")
_PARTICLES = frozenset({"by", "in", "from", "to", "on", "under", "with", "as"})


class Phraser(NounPhraser):
    """Says walks as questions."""

    def asked(self, steps: Sequence[Step], topic: str) -> str:
        """Ask for the end of a walk."""
        rng, way, last = self._rng, self._ways[steps[-1].relation], steps[-1]
        if len(steps) > 1:
            whole = self._together(steps, topic)
            if whole and rng.random() < TOGETHER:
                return rng.choice(whole)
            folded = self.folded(steps, topic) if rng.random() < FOLDED else None
            if folded is not None:
                return self.list_of(folded)
        if rng.random() < LISTED:
            return self.list_of(self.phrase(steps, topic))
        inner = self.inner(steps, topic)
        return self._for_object(way, inner) if last.direction == "forward" else self._for_subject(way, inner)

    def _together(self, steps: Sequence[Step], topic: str) -> list[str]:
        """Return questions for those who share an item with a person, or a person with an item."""
        one, two = self._ways[steps[-2].relation], self._ways[steps[-1].relation]
        back = steps[-1].direction == "inverse"
        if not (one.is_person and two.is_person) or steps[-2].direction == steps[-1].direction:
            return []
        if one.is_symmetric or two.is_symmetric:
            return []  # both ends are alike: nobody says of two partners of one partner that they worked on it
        together = Together(self, self._rng)
        if back:
            return together.again(one, self.inner(steps, topic)) if one.name == two.name else []
        inner = self.inner(steps[:-1], topic)
        if one.name == two.name:
            return together.fellows(one, inner)
        return [] if one.name in two.of_objects else together.in_roles(one, two, inner)

    def _for_object(self, way: Ways, inner: Phrase) -> str:
        """Ask what a relation leads to from the subjects `inner`."""
        groups = {
            3.0: self._by_agents(way, inner),
            2.0: self._by_nouns(way, inner),
            3.1: [text for verb in way.verbs for text in self._turned(verb, way, inner)],
            2.5: self._whole(way, inner),
            0.8: self._fronted(way, inner),
            1.5: self._kinds(way, inner),
        }
        kept = {weight: group for weight, group in groups.items() if group}
        return self._rng.choice(self._rng.choices([*kept.values()], [*kept])[0])

    def _by_agents(self, way: Ways, inner: Phrase) -> list[str]:
        """Ask with the verb of the object: "who directed X", "which people wrote X"."""
        rng, text, (noun, nouns) = self._rng, self._rng.choice((inner.text, inner.definite)), self.noun(way)
        ones = ("who", "who", "which person", f"which {noun}") if way.is_person else ("what", "which", f"which {noun}")
        many = ("which people", f"which {nouns}", f"what {nouns}") if way.is_person else (f"which {nouns}",)
        agents = [one for one in way.agents if way.nouns[0] not in one.split()]
        asked = [f"{rng.choice(ones)} {agent} {text}" for agent in agents]
        return asked + [f"{rng.choice(many)} {agreeing(agent)} {text}" for agent in agents]

    def _by_nouns(self, way: Ways, inner: Phrase) -> list[str]:
        """Ask with the noun of the object: "what are the genres of X", "X's director"."""
        rng, text, (noun, nouns) = self._rng, self._rng.choice((inner.text, inner.definite)), self.noun(way)
        what, of = ("who", self.preposition(way)) if way.is_person else ("what", "of")
        does, (one, many) = (
            "does" if inner.is_one else "do",
            rng.choice((("is", "are"), ("is", "are"), ("was", "were"))),
        )
        plain = [
            f"{what} {one} the {noun} {of} {text}",
            f"{what} {many} the {nouns} {of} {text}",
            f"{what} {many} the {nouns} of {text}",
            f"which {nouns} {does} {text} have",
            f"what {noun} {does} {text} have",
            f"what {many} the {nouns} for {text}",
            f"what is known about the {nouns} of {text}",
            f"{what} {'is' if inner.is_one else 'are'} the {noun if inner.is_one else nouns} for {text}",
            f"which {many} the {nouns} of {text}",
        ]
        tell = rng.choice(("name", "list", "tell me", "give me", "show", "find", "I need", "I want to know"))
        plain += [f"{tell} the {rng.choice((noun, nouns))} {of} {text}", f"{nouns} of {text}", f"the {noun} of {text}"]
        if way.is_person:
            named = rng.choice(("credited as", "named as", "given as", "mentioned as"))
            plain += [f"who {one} {named} {noun} {of} {text}", f"who worked as {noun} on {text}"] * 2
        if is_bare(text):
            who = "who" if way.is_person else "what"
            plain += [f"{text}'s {noun}", f"what about {text}'s {noun}", f"{text} {noun}", f"{text}: which {noun}"]
            plain += [
                f"{text}, {who} is the {noun}",
                f"who are the {text} {nouns}" if way.is_person else f"{text} {nouns}",
            ]
        return plain

    def _turned(self, verb: str, way: Ways, inner: Phrase) -> list[str]:
        """Turn "SUBJECT was directed by OBJECT" into questions for the object."""
        rng, noun, (_, nouns) = self._rng, self._rng.choice(way.nouns), self.noun(way)
        verb = verb.removesuffix(f" the {way.nouns[0]}")
        text, said = self._rng.choice((inner.text, inner.definite)), verb if inner.is_one else agreeing(verb)
        open_words = ("who", "which person") if way.is_person else ("what",)
        asked = rng.choice((*open_words, f"which {noun}", f"which {nouns}", f"what {nouns}"))
        first, _, rest = said.partition(" ")
        end = rng.choice((asked, asked, "whom" if asked == "who" else asked))
        turned = [f"{inner.definite} {said} {end}"]
        if first in ("was", "is", "were", "are"):
            # "Are the films directed by who" is said of the past as well as of the present.
            other = {"was": "is", "were": "are", "is": "was", "are": "were"}[first] if rest.endswith(" by") else first
            turned += [f"{inner.definite} {other} {rest} {end}", f"{asked} {first} {text} {rest}"]
            stem, _, tail = rest.rpartition(" ")
            if tail in ("by", "in", "from") and stem:
                turned += [f"{tail} {'whom' if asked == 'who' else asked} {first} {text} {stem}"]
            return turned
        base = base_form(verb)
        return [*turned, f"{asked} {'does' if inner.is_one else 'do'} {text} {base}"] if base else turned

    def _whole(self, way: Ways, inner: Phrase) -> list[str]:
        """Fill whole questions; a clause may stand at the end: "when did films come out that X directed"."""
        questions = [one.replace("thing", self._rng.choice(("thing", way.subject[0]))) for one in way.about_subject]
        texts = [self._filled_question(one, self._rng.choice((inner.text, inner.definite)), inner) for one in questions]
        if inner.parted and self._rng.random() < 0.5:
            head, clause = inner.parted
            texts = [
                f"{self._filled_question(one, head, inner)} {clause}"
                for one in questions
                if not one.endswith(("{s}", "{s} by", " in"))
            ] or texts
        return texts

    def _kinds(self, way: Ways, inner: Phrase) -> list[str]:
        """Ask what the subjects are, by any noun of the relation: "what types are the films by X"."""
        texts: list[str] = []
        for found in filter(None, map(_KIND_OF.fullmatch, way.about_subject)):
            if found[1] not in way.nouns:
                continue
            noun, nouns = self.noun(way)
            are = self._rng.choice(("is", "was") if inner.is_one else ("are", "are", "were"))
            which, text = self._rng.choice(("what", "which")), self._rng.choice((inner.text, inner.definite))
            texts += [f"{which} {nouns} {are} {text}{found[2]}", f"{which} {noun} {are} {text}{found[2]}"]
            texts += [f"{which} {self._rng.choice(way.subject)} {noun} {are} {text}{found[2]}"]
            texts += [f"{inner.definite} {are}{found[2]} {which} {nouns}"] if found[2] else []
        return texts

    def _fronted(self, way: Ways, inner: Phrase) -> list[str]:
        """Name the subjects first and speak of them by a pronoun: "the films by X: who wrote them"."""
        (noun, nouns), text = self.noun(way), inner.definite
        what, mark = "who" if way.is_person else "what", self._rng.choice((",", ":"))
        lead = self._rng.choice(("for", "of", "about", "regarding", "as for"))
        asked = f"{what} is the {noun}" if inner.is_one else f"{what} are the {nouns}"
        said = [f"{lead} {text}, {asked}", f"{text}{mark} {asked}"]
        if way.subject[0] == "thing" or (inner.is_one and way.inverse_named):
            return said
        they, them = ("it", "it") if inner.is_one else ("they", "them")
        said += [f"{text}{mark} {what} {agent} {them}" for agent in way.agents]
        for one in way.about_subject:
            pronoun = they if _SUBJECT_OF.search(one) else them
            said.append(f"{text}{mark} {self._filled_question(one, pronoun, inner)}")
        return said

    def _for_subject(self, way: Ways, inner: Phrase) -> str:
        """Ask what has the objects `inner`."""
        rng, text, (noun, plural) = self._rng, inner.text, self.noun(way)
        nouns, item, of = rng.choice(way.subjects), rng.choice(way.subject), self.preposition(way)
        which, (are, was) = rng.choice(("which", "what")), ("is", "was") if inner.is_one else ("are", "were")
        has = "has" if inner.is_one else "have"
        asked = [f"{which} {nouns} did {text} {base}" for base in self.bases(way)]
        asked += [f"{which} {nouns} {'does' if inner.is_one else 'do'} {text} {base}" for base in self.bases(way)]
        asked += [f"what did {text} {base}" for base in self.bases(way)]
        asked += [f"{which} {nouns} {has} {text} {agent}" for agent in way.agents if agent.split()[0].endswith("ed")]
        asked += [f"in {which} {nouns} did {text} {base[:-3]}" for base in self.bases(way) if base.endswith(" in")]
        spoken = [agent if inner.is_one else agreeing(agent) for agent in way.agents]
        asked += [f"{text} {agent} {rng.choice((f'{which} {nouns}', f'{which} {nouns}', 'what'))}" for agent in spoken]
        told = [f"{which} {nouns} {agreeing(verb)} {text}" for verb in way.verbs]
        told += [f"{which} {item} {verb} {text}" for verb in way.verbs]
        told += [
            f"{which} {nouns} {rng.choice(('are', 'were'))} {self._filled(attribute, text, is_many=True)}"
            for attribute in way.attributes
        ]
        role = [f"{text} {rng.choice((are, was))} the {noun} {of} {which} {nouns}"]
        role += [
            f"{which} {nouns} {rng.choice((are, was))} {text} the {noun} {of}",
            f"{which} {nouns} have {text} as {noun}",
        ]
        role += [f"{of} {which} {nouns} {was} {text} the {noun}", f"who has {text} among the {plural}"][
            : 1 + (item == "thing")
        ]
        listed = [
            self.list_of(Phrase(self.modified(way, nouns, text, is_one=inner.is_one), is_one=False)) for _ in range(4)
        ]
        one = with_article(self.modified(way, item, text, is_one=inner.is_one))
        listed.append(f"{rng.choice(('what is', 'name', 'tell me', 'which is', 'who or what is'))} {one}")
        groups = {2.0: asked, 2.1: told, 2.2: [one.replace("{o}", text) for one in way.about_object], 4.0: listed}
        groups |= {1.2: role if way.is_person else []}
        kept = {weight: group for weight, group in groups.items() if group}
        return rng.choice(rng.choices([*kept.values()], [*kept])[0])

    def list_of(self, phrase: Phrase) -> str:
        """Ask for what a noun phrase names."""
        text, are = phrase.text, "is" if phrase.is_one else "are"
        asked = [
            text,
            f"list {text}",
            f"name {text}",
            f"who or what {are} {text}",
            f"give the names of {text}",
            f"{text}, please",
            f"I am after {text}",
            f"I would like to know {text}",
        ]
        if phrase.definite == text:
            return self._rng.choice([*asked, f"what {are} {text}", f"tell me {text}"])
        asked += [
            f"the {text}",
            f"name all {text}",
            f"list the {text}",
            f"what are the {text}",
            f"which are the {text}",
            f"tell me all {text}",
            f"what {text} are there",
            f"which {text} are there",
        ]
        asked += [
            f"what {text} do you know",
            f"all {text}",
            f"enumerate {text}",
            f"which {text} exist",
            f"what are some {text}",
            f"find {text}",
            f"an overview of {text}",
            f"what were the {text}",
        ]
        return self._rng.choice(asked)

    def _filled_question(self, question: str, text: str, inner: Phrase) -> str:
        """Put a phrase in the place of {s}, and the verb before it into the plural where it is one."""
        if not inner.is_one:
            for one, many in (("is", "are"), ("was", "were"), ("does", "do"), ("has", "have")):
                question = question.replace(f" {one} {{s}}", f" {many} {{s}}")
        return question.replace("{s}", text)
