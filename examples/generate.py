"""Writes emails.jsonl: one message a line, as the older producers write them; the same lines every time.

The domain of a recipient says what the demo's mail server does to it:
    example.com             takes it
    greylist.example        refuses twice for now, takes it the third time
    gone.example            refuses for good
    down.example            refuses for now, always
"""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path
from typing import Any

_COUNT = 600
_SUBJECTS = (
    "Your receipt",
    "Wöchentlicher Bericht",
    "請求書のお知らせ",
    "Добро пожаловать",
    "Password reset",
    "Ticket 🎫",
)
_NAMES = ("Ada", "Grace", "Łukasz", "Zoë", "山田", "Olga")
_YEAR_2100 = 4_102_444_800_000


def line(number: int, chance: random.Random) -> str:
    """One line: mostly a good request, sometimes a bad one."""
    fields: dict[str, Any] = {
        "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "to": f"user{number}@{_domain(number)}",
        "subject": chance.choice(_SUBJECTS),
        "body": _body(number, chance),
        "userId": f"user-{number % 17}",
        "timestamp": 1_760_000_000_000 + number * 1000,
        "source": chance.choice(("shop", "billing", "crm")),
    }
    if number % 5 == 0:
        fields |= {"templateId": "welcome", "templateData": {"name": chance.choice(_NAMES), "plan": "pro"}}
    if number % 9 == 0:
        fields["metadata"] = {"campaign": f"c{number % 4}"}
    if number % 11 == 0:
        fields["expiresAt"] = _YEAR_2100
    return _spoil(number, fields)


def _domain(number: int) -> str:
    by_rest = {3: "greylist.example", 13: "gone.example", 23: "down.example"}
    return by_rest.get(number % 30, "example.com")


def _body(number: int, chance: random.Random) -> str:
    words = ("Hello", "größer", "мир", "日本", "order", "shipped", "today", "✓")
    length = 4000 if number % 40 == 0 else chance.randint(5, 60)
    return " ".join(chance.choice(words) for _ in range(length))


def _spoil(number: int, fields: dict[str, Any]) -> str:
    """Some lines are wrong on purpose, each in its own way."""
    spoiled: dict[int, dict[str, Any]] = {
        7: {"to": "not an address"},
        27: {"subject": "x" * 501},
        47: {"id": "12345"},
        67: {"expiresAt": 1_600_000_000_000},
        87: {"templateId": "unknown"},
        107: {"templateId": "welcome", "templateData": {"name": "Ada"}},
        127: {"subject": "two\nlines"},
        147: {"channel": "web", "priority": "high"},
    }
    fields |= spoiled.get(number % 150, {})
    if number % 150 == 97:
        del fields["body"]
    text = json.dumps(fields, ensure_ascii=False)
    return text[: len(text) // 2] if number % 150 == 37 else text


def main() -> None:
    """Write the file beside this one."""
    chance = random.Random(2026)
    lines = [line(number, chance) for number in range(_COUNT)]
    Path(__file__).with_name("emails.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
