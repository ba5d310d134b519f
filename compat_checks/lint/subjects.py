"""Rules that hold contracts.toml and the files against each other."""

from __future__ import annotations

from collections.abc import Iterator

from compat_checks.lint.targets import FileTarget, SubjectTarget, TopicTarget, part
from compat_checks.notation import type_text
from compat_checks.rule import Hit
from compat_checks.schema import Record
from compat_checks.source import Place


def subject_matches_file(target: SubjectTarget) -> Iterator[Hit]:
    """The file of a subject defines the record that the subject names.

    What it does:
        Finds subjects whose file is not there, defines no record, or defines another one.

    Why it matters:
        The registry is given what is in the file, the clients are generated for the record: they would not be the
        same.

    Example:
        `record = "com.eccs.email.EmailRequest"` with `file = "com/eccs/email/EmailRetry.avsc"`.

    Use instead:
        `file = "com/eccs/email/EmailRequest.avsc"`
    """
    subject, schema = target.subject, target.schema
    if schema is None:
        yield Hit(
            message=f'there is no file "{subject.file}"',
            place=target.place("file"),
            element="file",
            hint="give its path, relative to the folder of contracts.toml",
        )
    elif not isinstance(schema, Record):
        yield Hit(
            message=f"{subject.file} defines {type_text(schema)}, and the value of a topic is a record",
            place=target.place("file"),
            element="file",
            hint="put a record around it",
        )
    elif schema.fullname != subject.record:
        yield Hit(
            message=f"{subject.file} defines {schema.fullname}, not {subject.record}",
            place=target.place("record"),
            element="record",
            hint="correct the record or the file",
        )


def key_field_is_string(target: SubjectTarget) -> Iterator[Hit]:
    """The key of a message is a string field of its record.

    What it does:
        Finds a `key_field` that the record does not have, or whose type is anything but a plain string.

    Why it matters:
        The key decides the partition. A null or missing one scatters what belongs together, and order is lost.

    Example:
        `key_field = "id"` where `id` is `["null", "string"]`.

    Use instead:
        A required string field: `{"name": "id", "type": "string"}`.
    """
    name, schema = target.subject.key_field, target.schema
    if name is None or not isinstance(schema, Record):
        return
    field = next((one for one in schema.fields if one.name == name), None)
    if field is None:
        problem = f"{schema.name} has no field {name}"
    elif field.type.kind != "string":
        problem = f"{schema.name}.{name} is {type_text(field.type)}, not a string"
    else:
        return
    yield Hit(
        message=problem,
        place=target.place("key_field"),
        element="key_field",
        hint="name a required string field, or leave key_field out",
    )


def subject_named_after_topic(target: SubjectTarget) -> Iterator[Hit]:
    """A subject is called as its topic, with `-value` behind it.

    What it does:
        Compares names of subjects with their topics, as the registry's TopicNameStrategy makes them.

    Why it matters:
        Serializers look for that name by default. Under another one they find nothing, or register a second subject
        without its compatibility level.

    Example:
        `[subjects.email-requests]` with `topic = "email_requests"`.

    Use instead:
        `[subjects.email_requests-value]`
    """
    expected = f"{target.subject.topic}-value"
    if target.subject.name != expected:
        yield Hit(
            message=f"the subject of the values of {target.subject.topic} is called {expected}",
            place=target.place(""),
            hint=f"write [subjects.{_key(expected)}]",
        )


def topic_has_subject(target: TopicTarget) -> Iterator[Hit]:
    """A topic has a contract.

    What it does:
        Finds topics that no subject names.

    Why it matters:
        Anything can be written to it: it has an owner in operation and none for its data.

    Example:
        `[topics.email_archive]` without a `[subjects.email_archive-value]`.

    Use instead:
        Add the subject; or remove the topic.
    """
    if not target.used:
        yield Hit(
            message=f"no subject is for the topic {target.topic.name}",
            place=Place(target.source) / "topics" / target.topic.name,
            hint=f"add [subjects.{_key(f'{target.topic.name}-value')}], or remove the topic",
        )


def file_is_used(target: FileTarget) -> Iterator[Hit]:
    """A schema file is the contract of a subject, or part of one.

    What it does:
        Finds `.avsc` files that no subject names and no other file takes a type from.

    Why it matters:
        Nothing checks how it changes, and readers of the folder take it for a contract.

    Example:
        `EmailRequestOld.avsc`, which nobody refers to.

    Use instead:
        Add a subject for it; or remove the file.
    """
    if not target.used:
        yield Hit(
            message=f"no subject and no other file uses {target.path}",
            place=part(Place(target.source), "name"),
            hint="add a subject to contracts.toml, or remove the file",
        )


def _key(name: str) -> str:
    """A name as a key of TOML."""
    return name if name.replace("-", "").replace("_", "").isalnum() else f'"{name}"'
