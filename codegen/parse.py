"""Stage one: everything that the schemas folder says, as typed trees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from codegen.errors import Refusal
from compat_checks.contracts import Contracts, load_contracts
from compat_checks.errors import InvalidContracts, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.schema import Enum, Fixed, NamedSchema, Record, walk


@dataclass(frozen=True, slots=True)
class Parsed:
    """What there is to generate from.

    Attributes:
        types: records, enums and fixeds by full name, those used by others first.
        texts: self-contained schema text by full name, of the type that each file defines.
    """

    types: dict[str, NamedSchema]
    texts: dict[str, str]
    contracts: Contracts


def parse(folder: Path) -> Parsed:
    """Read a schemas folder; `contracts.toml` may be missing.

    Raises:
        Refusal: a file breaks a rule.
    """
    try:
        files = SchemaFiles.of(folder)
        has_contracts = (folder / "contracts.toml").exists()
        contracts = load_contracts(folder) if has_contracts else Contracts((), ())
        types: dict[str, NamedSchema] = {}
        texts: dict[str, str] = {}
        for path in files.paths:
            schema = files.schema(path)
            if not isinstance(schema, Record | Enum | Fixed):
                raise schema.place.error("the file must define a named type, so that its class has a name")
            texts[schema.fullname] = files.self_contained(path)
            for node in walk(schema):
                if isinstance(node, Record | Enum | Fixed):
                    types.setdefault(node.fullname, node)
    except (InvalidSchema, InvalidContracts) as error:
        raise Refusal(str(error)) from None
    if not types:
        raise Refusal(f"{folder}: there is no .avsc file")
    return Parsed(dict(sorted(types.items())), texts, contracts)
