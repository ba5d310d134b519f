"""`python -m codegen`: write the generated code, or check that it is what the schemas say."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from codegen.clients import render_clients, render_topics
from codegen.decide import decide
from codegen.errors import RefusalError
from codegen.output import differences, write
from codegen.parse import parse
from codegen.render import render_module, render_package


def generate(schemas: Path) -> dict[str, str]:
    """The text of every generated file by its name.

    Raises:
        RefusalError: a schema cannot be expressed; nothing is generated then.
    """
    parsed = parse(schemas)
    modules = decide(parsed)
    files = {"__init__.py": render_package(modules)}
    files |= {f"{module.name}.py": render_module(module, modules) for module in modules}
    if parsed.contracts:
        files["_topics.py"] = render_topics(parsed.contracts)
        files["_clients.py"] = render_clients(parsed.contracts, modules)
    return files


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 all is well, 1 differences or a refusal, 2 usage."""
    parser = argparse.ArgumentParser("python -m codegen", description="Typed Python from Avro schemas.")
    parser.add_argument("--check", action="store_true", help="write nothing; print a diff and fail where one is due")
    parser.add_argument("--schemas", type=Path, default=Path("schemas"), metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("eccs_contracts/models"), metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        files = generate(options.schemas)
        if not options.check:
            for name in write(files, options.out):
                print(f"codegen: {options.out / name}")
            return 0
        diffs = list(differences(files, options.out))
    except (RefusalError, OSError) as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1
    print("".join(diffs), end="")
    if diffs:
        print("codegen: the generated code is not what the schemas say; run: python -m codegen", file=sys.stderr)
    return 1 if diffs else 0


if __name__ == "__main__":
    sys.exit(main())
