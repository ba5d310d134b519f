"""Topics and typed clients, from contracts.toml (stages two and three)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from codegen import names
from codegen.errors import RefusalError
from codegen.model import ModuleModel, RecordModel
from codegen.render import render
from compat_checks.contracts import Contracts, Subject


@dataclass(frozen=True, slots=True)
class _Client:
    """The contract of one topic, and the names of its clients.

    Attributes:
        family: what the names of the classes start with.
        key: an expression that makes the key of a message.
    """

    constant: str
    family: str
    model: str
    module: str
    topic: str
    subject: str
    version: str
    owner: str
    key: str


def render_topics(contracts: Contracts) -> str:
    """The module of topic declarations."""
    _refuse_twins("topics", [topic.name for topic in contracts.topics])
    return render("topics.py.jinja", topics=contracts.topics)


def render_clients(contracts: Contracts, modules: tuple[ModuleModel, ...]) -> str:
    """The module of typed clients."""
    _refuse_twins("subjects", [subject.topic for subject in contracts.subjects])
    records = {one.fullname: one for module in modules for one in module.classes if isinstance(one, RecordModel)}
    clients = [_client(subject, records[subject.record]) for subject in contracts.subjects]
    imports: dict[str, set[str]] = defaultdict(set)
    for one in clients:
        imports["_topics"].add(one.constant)
        imports[one.module].add(one.model)
    return render(
        "clients.py.jinja",
        contracts=clients,
        imports=[(module, sorted(found)) for module, found in sorted(imports.items())],
    )


def _client(subject: Subject, record: RecordModel) -> _Client:
    attribute = next((one.attribute for one in record.fields if one.name == subject.key_field), None)
    return _Client(
        constant=names.constant(subject.topic),
        family=names.camel_case(subject.topic),
        model=record.home.name,
        module=record.home.module,
        topic=subject.topic,
        subject=subject.name,
        version=subject.version,
        owner=subject.owner,
        key=f"lambda value: str(value.{attribute})" if attribute else "None",
    )


def _refuse_twins(table: str, topics: Iterable[str]) -> None:
    """Two topics whose constants or classes would have one name."""
    seen: dict[str, str] = {}
    for topic in topics:
        other = seen.setdefault(names.constant(topic), topic)
        if other is not topic or not names.camel_case(topic).isidentifier():
            message = f'contracts.toml: {table}: "{topic}" gives no Python name of its own'
            raise RefusalError(message)
