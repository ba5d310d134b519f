"""Random Avro schemas, and pairs of them: versions of one, some of them broken; from a seed, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from tests.property.maker import Json, Maker
from tests.property.mutations import broken, changed


def text_of(schema: Json, random: Random) -> str:
    """The JSON text, sometimes with white space, rarely with a mistake.

    Never the bare text `null`: this project takes it for the name of a type, as every other bare name.
    """
    text = json.dumps(
        5 if schema is None else schema, indent=random.choice((None, None, None, 1)), ensure_ascii=random.random() < 0.5
    )
    if random.random() < 0.01:
        mistakes = (
            text[:-1],
            f"{text} {text}",
            text.replace(":", " ", 1),
            f"{text},",
            "",
            "[NaN]",
            '{"type":"int","x":01}',
        )
        return random.choice(mistakes)
    return text


def pairs(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Texts of a reader and a writer: mostly versions of one schema, some of them broken."""
    maker = Maker(Random(seed))
    random = maker.random
    for _ in range(count):
        first = maker.schema()
        second = (
            maker.schema() if random.random() < 0.05 else changed(first, maker, random.choice([0, 1, 1, 1, 2, 3, 4]))
        )
        reader, writer = random.choice(((first, second), (second, first)))
        if random.random() < 0.15:
            reader = broken(reader, maker)
        if random.random() < 0.05:
            writer = broken(writer, maker)
        yield text_of(reader, random), text_of(writer, random)


def plain_pairs(seed: int, count: int) -> Iterator[tuple[Json, Json]]:
    """A reader and a writer that any implementation can read: versions of one schema."""
    maker = Maker(Random(seed), wild=False)
    for _ in range(count):
        first = maker.schema()
        second = changed(first, maker, maker.random.choice([0, 1, 1, 2, 3]))
        yield maker.random.choice(((first, second), (second, first)))
