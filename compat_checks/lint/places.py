"""Rules about namespaces and where files are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from compat_checks.lint.repair import fix, put
from compat_checks.lint.targets import FileTarget, NamedTarget, part
from compat_checks.rule import Hit
from compat_checks.schema import NamedSchema


def namespace_given(target: NamedTarget) -> Iterator[Hit]:
    """A type has a namespace.

    What it does:
        Finds records, enums and fixeds that neither give a namespace nor stand inside of a type that does.

    Why it matters:
        Two teams will have an `Address`. Java puts a class without namespace into the default package, which no
        other package can import.

    Example:
        `{"type": "record", "name": "EmailRequest", "fields": []}`

    Use instead:
        `{"type": "record", "name": "EmailRequest", "namespace": "com.eccs.email", "fields": []}`
    """
    if target.schema.namespace or target.depth:
        return
    place = target.schema.place
    expected = _folder(place.source.path or "")
    edits = [put(place, "namespace", expected)]
    yield Hit(
        message=f"the {target.schema.kind} has no namespace",
        place=place / "name",
        hint=f'add "namespace": "{expected or "com.example.team"}"',
        fixes=(fix(f"Add the namespace {expected}", place, edits, decided=False),) if expected else (),
    )


def namespace_lower_case(target: NamedTarget) -> Iterator[Hit]:
    """A namespace is in lower case.

    What it does:
        Finds namespaces with capital letters.

    Why it matters:
        Namespaces become packages and folders. On a file system that ignores case, `com.Eccs` and `com.eccs` are one
        folder and two packages.

    Example:
        `"namespace": "com.Eccs.Email"`

    Use instead:
        `"namespace": "com.eccs.email"`
    """
    namespace = target.schema.namespace
    if namespace != namespace.lower() and namespace != target.around:
        yield Hit(
            message=f'the namespace "{namespace}" has capital letters',
            place=part(target.schema.place, "namespace"),
            hint=f"write {namespace.lower()}",
        )


def namespace_matches_path(target: FileTarget) -> Iterator[Hit]:
    """The folder of a file is the namespace of its type.

    What it does:
        Compares the namespace of the type that a file is for with the folders that lead to the file. A file that is
        called by the full name may be anywhere.

    Why it matters:
        Who sees a name in an error or a registry must find its file without searching; and two files for one
        name cannot be made.

    Example:
        `com.eccs.email.EmailRequest` in `com/eccs/mail/EmailRequest.avsc`.

    Use instead:
        `com/eccs/email/EmailRequest.avsc`
    """
    schema, path = target.schema, PurePosixPath(target.path)
    if not isinstance(schema, NamedSchema) or not schema.namespace or path.stem == schema.fullname:
        return
    if schema.namespace != _folder(target.path):
        yield Hit(
            message=f'the namespace "{schema.namespace}" is not the folder "{path.parent}"',
            place=part(schema.place, "namespace"),
            hint=f"move the file to {schema.namespace.replace('.', '/')}/{path.name}",
        )


def file_name_matches_type(target: FileTarget) -> Iterator[Hit]:
    """A file is called as the type that it defines.

    What it does:
        Compares the name of a file, without `.avsc`, with the short or the full name of its type.

    Why it matters:
        A type has to be found by its name; and one file per type keeps reviews and owners apart.

    Example:
        `EmailRequest` in `request.avsc`.

    Use instead:
        `EmailRequest.avsc`
    """
    schema, path = target.schema, PurePosixPath(target.path)
    if isinstance(schema, NamedSchema) and path.stem not in (schema.name, schema.fullname):
        yield Hit(
            message=f'the file is called "{path.name}", not as the {schema.kind} in it',
            place=schema.place / "name",
            hint=f"call the file {schema.name}{path.suffix}",
        )


def _folder(path: str) -> str:
    return ".".join(PurePosixPath(path).parent.parts)
