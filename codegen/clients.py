"""Stage three for `contracts.toml`: topic declarations and typed clients."""

from __future__ import annotations

import json

from codegen import names
from codegen.plan import ModulePlan, RecordPlan
from codegen.render import MARK
from compat_checks.contracts import Contracts, Subject, Topic

_KINDS = (
    ("{0}Producer", "Producer", "Writes {0} to the topic {1}, and waits for the broker where asked."),
    ("Async{0}Producer", "AsyncProducer", "Writes {0} to the topic {1} from asyncio."),
    ("{0}Consumer", "Consumer", "Reads {0} from the topic {1}."),
)


def render_topics(contracts: Contracts) -> str:
    """The module of topic declarations."""
    lines = [
        MARK,
        '"""Topics as contracts.toml declares them."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    lines += ["from typing import Final", "", "from eccs_contracts._contract import Environment, Topic", ""]
    for topic in contracts.topics:
        lines += _topic(topic)
    constants = ", ".join(names.constant(topic.name) for topic in contracts.topics)
    return "\n".join([*lines, f"TOPICS: Final[tuple[Topic, ...]] = ({constants},)", ""])


def _topic(topic: Topic) -> list[str]:
    environments = [
        f"        {json.dumps(name)}: Environment({one.replication_factor}, {_mapping(one.configs)}),"
        for name, one in topic.environments.items()
    ]
    return [
        f"{names.constant(topic.name)}: Final = Topic(",
        f"    name={json.dumps(topic.name)},",
        f"    doc={json.dumps(topic.doc)},",
        f"    partitions={topic.partitions},",
        f"    retention_ms={topic.retention_ms},",
        f"    cleanup_policy={json.dumps(topic.cleanup_policy)},",
        f"    configs={_mapping(topic.configs)},",
        "    environments={",
        *environments,
        "    },",
        ")",
    ]


def _mapping(values: object) -> str:
    return json.dumps(values)


def render_clients(contracts: Contracts, modules: tuple[ModulePlan, ...]) -> str:
    """The module of typed clients."""
    homes = {one.fullname: (module.name, one) for module in modules for one in module.classes}
    lines = [
        MARK,
        '"""Typed clients: one family for each topic."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    lines += ["from typing import Any, ClassVar, Final", ""]
    lines += ["from eccs_contracts._contract import Contract"]
    lines += ["from eccs_contracts.clients import AsyncProducer, Consumer, Producer", ""]
    imports: dict[str, set[str]] = {"_topics": {names.constant(subject.topic) for subject in contracts.subjects}}
    for subject in contracts.subjects:
        home, record = homes[subject.record]
        imports.setdefault(home, set()).add(record.name)
    lines += [f"from .{home} import {', '.join(sorted(found))}" for home, found in sorted(imports.items())]
    for subject in contracts.subjects:
        record = homes[subject.record][1]
        assert isinstance(record, RecordPlan)  # noqa: S101  the parser takes nothing else as a subject's record
        lines += _family(subject, record)
    constants = ", ".join(f"{names.constant(subject.topic)}_CONTRACT" for subject in contracts.subjects)
    lines += ["", "", f"CONTRACTS: Final[tuple[Contract[Any], ...]] = ({constants},)", ""]
    return "\n".join(lines)


def _family(subject: Subject, record: RecordPlan) -> list[str]:
    constant, model = names.constant(subject.topic), record.name
    key = "None"
    if subject.key_field:
        attribute = next(one.attribute for one in record.fields if one.name == subject.key_field)
        key = f"lambda value: str(value.{attribute})"
    lines = [
        "",
        "",
        f"{constant}_CONTRACT: Final = Contract(",
        f"    model={model},",
        f"    topic={constant},",
        f"    subject={json.dumps(subject.name)},",
        f"    version={json.dumps(subject.version)},",
        f"    owner={json.dumps(subject.owner)},",
        f"    key={key},",
        ")",
    ]
    for name, base, doc in _KINDS:
        lines += [
            "",
            "",
            f"class {name.format(names.camel_case(subject.topic))}({base}[{model}]):",
            f'    """{doc.format(model, subject.topic)}"""',
            "",
            f"    contract: ClassVar[Contract[{model}]] = {constant}_CONTRACT",
        ]
    return lines
