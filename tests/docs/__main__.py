"""`make docs`: write the documents that are made."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.docs import review, rules

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """Write all of them."""
    made = rules.pages()
    with tempfile.TemporaryDirectory() as folder:
        made["example-review.md"] = review.page(Path(folder))
    (DOCS / "rules").mkdir(exist_ok=True)
    for gone in {path.name for path in (DOCS / "rules").glob("*.md")} - {Path(path).name for path in made}:
        (DOCS / "rules" / gone).unlink()
    for path, text in made.items():
        (DOCS / path).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
