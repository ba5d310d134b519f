"""`python -m codegen`: write the generated code, or check that it is what the schemas say."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from codegen.clients import render_clients, render_topics
from codegen.decide import decide
from codegen.errors import RefusalError
from codegen.output import differences, write
from codegen.parse import parse
from codegen.render import formatted, render_module, render_package
from compat_checks.safe_output import safe_streams, visible

_OUT: Final = Path("eccs_contracts/models")


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
    return formatted(files)


def _flavoured(flavour: str, schemas: Path) -> dict[str, str]:
    from codegen.flavours import render_flavour

    return render_flavour(flavour, parse(schemas))


def _draft(target: str) -> int:
    from codegen.draft import draft

    try:
        print(draft(target), end="")
    except RefusalError as error:
        print(f"codegen: {visible(str(error))}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 all is well, 1 differences or a refusal, 2 usage."""
    with safe_streams():
        return _main(arguments)


def _main(arguments: list[str] | None) -> int:
    parser = argparse.ArgumentParser("python -m codegen", description="Typed Python from Avro schemas.")
    parser.add_argument("--check", action="store_true", help="write nothing; print a diff and fail where one is due")
    parser.add_argument("--schemas", type=Path, default=Path("schemas"), metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"default: {_OUT}; a flavour has none")
    parser.add_argument("--flavour", choices=["avro-model", "pydantic"], help="models of dataclasses-avroschema")
    parser.add_argument("draft", nargs="*", metavar="draft module:Class", help="print a schema for a dataclass")
    options = parser.parse_args(arguments)
    if options.draft:
        if len(options.draft) != 2 or options.draft[0] != "draft":
            parser.error("say: draft module:Class")
        return _draft(options.draft[1])
    if options.flavour and options.out is None:
        parser.error("--flavour needs --out, a folder of its own")
    return _run(options, options.out or _OUT)


def _run(options: argparse.Namespace, out: Path) -> int:
    try:
        files = _flavoured(options.flavour, options.schemas) if options.flavour else generate(options.schemas)
        if not options.check:
            for name in write(files, out):
                print(f"codegen: {visible(str(out / name))}")
            return 0
        diffs = list(differences(files, out))
    except (RefusalError, OSError) as error:
        print(f"codegen: {visible(str(error))}", file=sys.stderr)
        return 1
    print("".join(diffs), end="")
    if diffs:
        print("codegen: the generated code is not what the schemas say; run: python -m codegen", file=sys.stderr)
    return 1 if diffs else 0


if __name__ == "__main__":
    sys.exit(main())
