"""Stage one: everything that the schemas folder says, as typed trees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codegen.errors import RefusalError
from codegen.texts import self_contained
from compat_checks.contracts import Contracts, load_contracts
from compat_checks.errors import InvalidContracts, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.schema import Enum, Fixed, NamedSchema, Record, walk


@dataclass(frozen=True, slots=True)
class Parsed:
    """What there is to generate from.

    Attributes:
        types: records, enums and fixeds by full name, sorted.
        texts: the self-contained schema text of each record.
        contracts: what contracts.toml says; None where there is no such file.
    """

    types: dict[str, NamedSchema]
    texts: dict[str, str]
    contracts: Contracts | None


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
        texts = {tree.fullname: files.self_contained(path) for path, tree in trees.items() if isinstance(tree, Record)}
    except (InvalidSchema, InvalidContracts) as error:
        raise RefusalError(str(error)) from None
    if not types:
        message = f"{folder}: no .avsc file defines a type"
        raise RefusalError(message)
    texts = {name: self_contained(node, types) for name, node in types.items() if isinstance(node, Record)}
    return Parsed(dict(sorted(types.items())), texts, contracts)
