"""Stage one: everything that the schemas folder says, as typed trees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codegen.errors import RefusalError, refusal
from codegen.texts import self_contained
from compat_checks.contracts import Contracts, load_contracts
from compat_checks.errors import InvalidContracts, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.schema import Enum, Field, Fixed, NamedSchema, Record, Schema, walk

_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What there is to generate from.

    Attributes:
        types: records, enums and fixeds by full name, sorted. A file whose schema has no name is there as a record
            with one field, "value": the bytes are the same.
        texts: the self-contained schema text of each record.
        contracts: what contracts.toml says; None where there is no such file.
        bare: the schemas without names, by the full names of their records.
    """

    types: dict[str, NamedSchema]
    texts: dict[str, str]
    contracts: Contracts | None
    bare: dict[str, Schema]


def parse(folder: Path) -> Parsed:
    """Read a schemas folder; `contracts.toml` may be missing.

    Raises:
        RefusalError: there is no such folder, or a file breaks a rule.
    """
    if not folder.is_dir():
        message = f"{folder}: there is no such folder"
        raise RefusalError(message)
    try:
        files = SchemaFiles.of(folder)
        contracts = load_contracts(folder) if (folder / "contracts.toml").exists() else None
        trees = {path: files.schema(path) for path in files.paths}
        types = {
            node.fullname: node
            for tree in trees.values()
            for node in walk(tree)
            if isinstance(node, Record | Enum | Fixed)
        }
    except (InvalidSchema, InvalidContracts) as error:
        raise RefusalError(str(error)) from None
    if not trees:
        message = f"{folder}: there is no .avsc file"
        raise RefusalError(message)
    texts = {name: self_contained(node, types) for name, node in types.items() if isinstance(node, Record)}
    bare = dict(_bare(trees, types))
    for name, tree in bare.items():
        types[name] = Record(
            place=tree.place, fullname=name, fields=(Field(name="value", type=tree, place=tree.place),)
        )
        texts[name] = self_contained(tree, types)
    return Parsed(dict(sorted(types.items())), texts, contracts, bare)


def _bare(trees: Mapping[str, Schema], types: Mapping[str, NamedSchema]) -> Iterator[tuple[str, Schema]]:
    """Schemas without names; they take that of their file: `com/eccs/Prices.avsc` is com.eccs.Prices."""
    for path, tree in trees.items():
        if isinstance(tree, Record | Enum | Fixed):
            continue
        name = path.removesuffix(".avsc").replace("/", ".")
        if not all(_NAME.fullmatch(part) for part in name.split(".")):
            raise refusal(tree, "a schema without a name takes that of its file, which is none")
        if name in types:
            raise refusal(tree, f"a schema without a name takes that of its file, and {name} is the name of another")
        yield name, tree
