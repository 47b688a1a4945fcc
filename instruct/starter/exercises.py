"""Public documents and a number -> dialogues that can only be answered from their context.

Invented dialogues have a few thousand sentences, and a small model that is trained on them learns these by heart rather
than looks them up. Here it cannot: what is asked and answered comes from anywhere, words are exchanged for others
throughout a dialogue, all that a context tells is asked for in turn, and what is told of one name is told of others.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from instruct.prompt import compose
from instruct.starter.corpus import Document
from instruct.starter.dialogues import DEFAULT_SYSTEM, Dialogue, groups, of_side, slips

EXERCISES = "exercises"
ROLES = ("user", "assistant")
PASSAGES = (2, 2, 3, 3, 4, 5)
MOST_ASKED = 4
SENTENCE = re.compile(r"(?<=[.!?])[\"']?\s+(?=[A-Z\"'])")
WORD = re.compile(r"(?<![\w<@.>-])[A-Za-z]{4,}(?![\w@>-])")
LENGTHS = {"question": (20, 110), "answer": (25, 170)}
"""Characters of a sentence that serves as one."""
SHARE_EXCHANGED = 0.35
"""Words of a dialogue that stand for others."""
COMMON = 200
MARKS = ["Question", "Answer"]
SHARE_ABSENT = 0.35
"""Dialogues in which something is asked of which the context tells nothing."""
NAMED = ("{ask} ({name})", "{name}: {ask}", "About {name}. {ask}", "{ask} I mean {name}.")
"""How a question says what it is about."""
SHARE_NAMED_ONCE = 0.4
"""Passages that say the name in the answer alone."""
SHARE_REPEATED = 0.25
"""Answers in which some words stand twice, and go on otherwise there: who copies by the last words alone goes round in
circles."""
MOST_REPEATED = 4
SLIPPED, SHORTENED, LOWERED = 0.15, 0.3, 0.4
"""How often a question is asked with slips, without its first or last words, and in small letters."""


class _Pair(NamedTuple):
    """`asked` is another way to put the question; the answer hangs on its `fact`, if it has one."""

    question: str
    answer: str
    asked: str
    fact: str = ""


class Material(NamedTuple):
    """`alike` are several ways to ask for the same; `sentences` follow one another where they stood, and `places` says
    which of them can be a question and an answer; `words` are what words are exchanged for, and `common` ones are not.
    """

    alike: Sequence[Sequence[str]]
    sentences: Sequence[str]
    places: Mapping[str, Sequence[int]]
    words: Sequence[str]
    common: frozenset[str]


def material(documents: Iterable[Document]) -> Material:
    """What exercises are made from."""
    alike: dict[str, list[str]] = defaultdict(list)
    sentences: list[str] = []
    for document in documents:
        lines = [line.removeprefix("- ") for line in document.plain.splitlines()]
        if document.source in ("banking77", "clinc150"):
            alike[lines[0]] += lines[1:]
        else:
            sentences += [sentence.strip() for sentence in SENTENCE.split(" ".join(lines))]
    words = Counter(word for sentence in sentences for word in WORD.findall(sentence))
    common = frozenset(MARKS + [word for word, _ in words.most_common(COMMON)])
    places = {role: [n for n, sentence in enumerate(sentences) if _fits(sentence, role)] for role in LENGTHS}
    several = [ways for ways in alike.values() if len(ways) > 1]
    return Material(several, sentences, places, sorted(set(words) - common) or MARKS, common)


def exercises(count: int, seed: int, given: Material, dialogues: Iterable[Dialogue]) -> Iterator[Document]:
    """`count` of them, as far as there is material; `dialogues` are as many invented ones, to exchange words in."""
    random = Random(f"{seed}/exercises")
    invented = iter(dialogues)
    kinds = ["exchanged", "exchanged", *(["quoted"] if all(given.places.values()) else [])]
    kinds += ["alike", "grid", "grid", "grid"] if given.alike and given.places["answer"] else []
    for _ in range(count):
        kind = random.choice(kinds)
        if kind == "exchanged":
            yield _exchanged(next(invented), given, random)
        else:
            yield _asked(PAIRS[kind](given, random), random)


def _exchanged(dialogue: Dialogue, given: Material, random: Random) -> Document:
    """Some words of the context stand for others throughout; facts stay as they are, and so do common words."""
    system, _, context = dialogue.messages[0]["content"].partition("\n\n")
    stays = _words(" ".join((system, *dialogue.facts, *dialogue.stated, *given.common)))
    instead = {
        word: random.choice(given.words)
        for word in sorted(_words(context) - stays)
        if random.random() < SHARE_EXCHANGED
    }

    def exchanged(found: re.Match[str]) -> str:
        other = instead.get(found[0].lower())
        return _like(found[0], other) if other else found[0]

    messages = tuple({**message, "content": WORD.sub(exchanged, message["content"])} for message in dialogue.messages)
    return Document(EXERCISES, messages=messages, facts=dialogue.facts)


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}


def _like(word: str, other: str) -> str:
    return other.capitalize() if word[0].isupper() else other.lower()


def _quoted(given: Material, random: Random) -> list[_Pair]:
    """A sentence is asked for by the one before it."""
    pairs: list[_Pair] = []
    for _ in range(random.choice(PASSAGES)):
        question, at = _sentence(given, "question", random)
        answer = given.sentences[(at + 1) % len(given.sentences)]
        if not _fits(answer, "answer"):
            answer, _ = _sentence(given, "answer", random)
        pairs.append(_Pair(question, answer, _written(question, random)))
    return pairs


def _alike(given: Material, random: Random) -> list[_Pair]:
    """Any sentence is the answer to a question, and it is asked in another way."""
    chosen = random.sample(given.alike, min(random.choice(PASSAGES), len(given.alike)))
    return [
        _Pair(one, _sentence(given, "answer", random)[0], _written(other, random))
        for one, other in (random.sample(ways, 2) for ways in chosen)
    ]


def _grid(given: Material, random: Random) -> list[_Pair]:
    """The same is told of several names, and more than one thing of a name: both have to be the ones asked for."""
    names = sorted({_name(given, random) for _ in range(random.randint(2, 4))})
    things = random.sample(given.alike, min(random.choice((1, 1, 2, 3)), len(given.alike)))
    forms = [_form(_sentence(given, "answer", random)[0], random) for _ in things]
    cells = [(name, at) for name in names for at in range(len(things))]
    return [
        _cell(name, things[at], forms[at], given, random)
        for name, at in random.sample(cells, min(len(cells), random.choice(PASSAGES) + 1))
    ]


def _form(sentence: str, random: Random) -> list[str]:
    """Its words, with one place for a name and one for a value."""
    words = sentence.replace("{", "").replace("}", "").split()
    for place, at in zip(("{name}", "{value}"), random.sample(range(len(words)), min(len(words), 2)), strict=False):
        words[at] = place
    return words


def _cell(name: str, ways: Sequence[str], form: Sequence[str], given: Material, random: Random) -> _Pair:
    value = _value(given, random)
    answer = " ".join(form).format(name=name, value=value)
    plain = random.choice(ways)
    question = plain if "{name}" in form and random.random() < SHARE_NAMED_ONCE else _about(plain, name, random)
    asked = _about(_written(random.choice(ways), random), name, random)
    return _Pair(
        question, answer, asked.lower() if random.random() < LOWERED else asked, value if "{value}" in form else ""
    )


def _about(question: str, name: str, random: Random) -> str:
    return random.choice(NAMED).format(ask=question, name=name)


def _name(given: Material, random: Random) -> str:
    """Two words in one, and at times another: a name that nobody has read."""
    one, other = random.choice(given.words), random.choice(given.words)
    made = (one[: random.randint(2, 4)] + other[-random.randint(2, 4) :]).capitalize()
    return f"{made} {random.choice(given.words).lower()}" if random.random() < 0.5 else made


def _value(given: Material, random: Random) -> str:
    return random.choice(VALUES)(given, random)


def _asked(pairs: Sequence[_Pair], random: Random) -> Document:
    """Some of them asked for in turn, and at times one that the context does not tell."""
    pairs = [_repeated(pair, random) if random.random() < SHARE_REPEATED else pair for pair in pairs]
    told = pairs[1:] if len(pairs) > 1 and random.random() < SHARE_ABSENT else pairs
    asked = random.sample(told, random.randint(1, min(len(told), MOST_ASKED)))
    for pair in pairs[: len(pairs) - len(told)]:
        unknown = random.choice(of_side(groups("talk")["unknown"], held_out=False)).format(about="that")
        asked.insert(random.randint(0, len(asked)), pair._replace(answer=unknown, fact=""))
    exchanges = [(pair.asked, pair.answer) for pair in asked]
    turns = [
        {"role": role, "content": text} for exchange in exchanges for role, text in zip(ROLES, exchange, strict=True)
    ]
    facts = tuple(pair.fact for pair in asked)
    messages = tuple(compose(DEFAULT_SYSTEM, told, turns))
    return Document(EXERCISES, messages=messages, facts=facts if any(facts) else ())


def _repeated(pair: _Pair, random: Random) -> _Pair:
    """Some words of the answer stand at another place of it, too; its fact stays whole."""
    words = pair.answer.split()
    first, to = random.randrange(len(words)), random.randrange(len(words))
    answer = " ".join([*words[:to], *words[first : first + random.randint(1, MOST_REPEATED)], *words[to:]])
    return pair._replace(answer=answer) if pair.fact in answer else pair


def _written(question: str, random: Random) -> str:
    words = question.split()
    if random.random() < SHORTENED and len(words) > 6:
        cut = random.randint(1, len(words) // 3)
        words = words[cut:] if random.random() < 0.5 else words[:-cut]
    text = " ".join(words)
    text = slips(text, random) if random.random() < SLIPPED else text
    return text.lower() if random.random() < LOWERED else text


def _sentence(given: Material, role: str, random: Random) -> tuple[str, int]:
    at = random.choice(given.places[role])
    return given.sentences[at], at


def _fits(sentence: str, role: str) -> bool:
    least, most = LENGTHS[role]
    return least <= len(sentence) <= most


PAIRS: Mapping[str, Callable[[Material, Random], list[_Pair]]] = {"quoted": _quoted, "alike": _alike, "grid": _grid}

VALUES: Sequence[Callable[[Material, Random], str]] = (
    lambda given, random: str(random.randint(2, 9999)),
    lambda given, random: f"{random.randint(2, 99)} {random.choice(given.words).lower()}",
    lambda given, random: f"${random.randint(1, 999)}.{random.randint(0, 99):02}",
    _name,
)
"""What an answer can hang on."""
