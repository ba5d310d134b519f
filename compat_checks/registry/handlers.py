"""What each call of the API does with the store, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from compat_checks.registry.deletion import delete_context, delete_subject, delete_version
from compat_checks.registry.refused import Refused, refused
from compat_checks.registry.registration import Terms, look_up, register
from compat_checks.registry.request import Request
from compat_checks.registry.settings import IMPORT, Config, mode_of
from compat_checks.registry.store import Store
from compat_checks.registry.values import LATEST, Version, context_of, qualified
from compat_checks.source import Json

T = TypeVar("T")

_ALL_CONTEXTS: Final = ":*:"


def subjects(store: Store, request: Request) -> Json:
    """GET /subjects."""
    return _page(_subjects(store, request), request)


def schemas(store: Store, request: Request) -> Json:
    """GET /schemas."""
    found: list[Version] = []
    for subject in _subjects(store, request):
        versions = store.versions.of(subject, deleted=request.flag("deleted"))
        found += versions[-1:] if request.flag("latestOnly") else versions
    return [one.to_json() for one in _page(found, request)]


def versions(store: Store, request: Request) -> Json:
    """GET /subjects/{subject}/versions."""
    only = request.flag("deletedOnly")
    found = store.live(request.subject, deleted=request.flag("deleted") or only)
    return _page([one.version for one in found if one.deleted or not only], request)


def version(store: Store, request: Request) -> Json:
    """GET /subjects/{subject}/versions/{version}."""
    return store.version(request.subject, request.version, deleted=request.flag("deleted")).to_json()


def version_text(store: Store, request: Request) -> Json:
    """GET /subjects/{subject}/versions/{version}/schema."""
    found = store.version(request.subject, request.version, deleted=request.flag("deleted"))
    return json.loads(found.content.schema)


def referenced_by(store: Store, request: Request) -> Json:
    """GET /subjects/{subject}/versions/{version}/referencedby."""
    found = store.version(request.subject, request.version, deleted=request.version != LATEST)
    return sorted({one.id for one in store.versions.users(found)})


def with_metadata(store: Store, request: Request) -> Json:
    """GET /subjects/{subject}/metadata: the newest version whose metadata has these properties."""
    wanted = dict(zip(request.query.get("key", ()), request.query.get("value", ()), strict=False))
    for one in reversed(store.live(request.subject, deleted=request.flag("deleted"))):
        metadata = json.loads(one.content.metadata or "{}")
        if wanted.items() <= (metadata.get("properties") or {}).items():
            return one.to_json()
    raise Refused(40403, "Schema not found")


def registered(store: Store, request: Request) -> Json:
    """POST /subjects/{subject}/versions."""
    terms = Terms(normalise=request.flag("normalize"), force=request.flag("force"))
    return register(store, request.subject, request.body, terms).to_json()


def looked_up(store: Store, request: Request) -> Json:
    """POST /subjects/{subject}."""
    flags = {"normalise": request.flag("normalize"), "deleted": request.flag("deleted")}
    return look_up(store, request.subject, request.body, **flags).to_json()


def subject_deleted(store: Store, request: Request) -> Json:
    """DELETE /subjects/{subject}."""
    return delete_subject(store, request.subject, permanent=request.flag("permanent"))


def version_deleted(store: Store, request: Request) -> Json:
    """DELETE /subjects/{subject}/versions/{version}."""
    return delete_version(store, request.subject, request.version, permanent=request.flag("permanent"))


def by_id(store: Store, request: Request) -> Json:
    """GET /schemas/ids/{id}."""
    content = _uses(store, request)[0].content
    return {**content.to_json(), "guid": content.guid}


def text_by_id(store: Store, request: Request) -> Json:
    """GET /schemas/ids/{id}/schema."""
    return json.loads(_uses(store, request)[0].content.schema)


def subjects_by_id(store: Store, request: Request) -> Json:
    """GET /schemas/ids/{id}/subjects."""
    return list(dict.fromkeys(one.subject for one in _shown_uses(store, request)))


def versions_by_id(store: Store, request: Request) -> Json:
    """GET /schemas/ids/{id}/versions."""
    return [{"subject": one.subject, "version": one.version} for one in _shown_uses(store, request)]


def by_guid(store: Store, request: Request) -> Json:
    """GET /schemas/guids/{guid}."""
    content = store.by_guid(request.parts[0])
    return {**content.to_json(), "guid": content.guid}


def ids_by_guid(store: Store, request: Request) -> Json:
    """GET /schemas/guids/{guid}/ids."""
    uses = store.versions.by_guid(request.parts[0].lower())
    found = sorted({(context_of(one.subject), one.id) for one in uses})
    return [{"context": context, "id": number} for context, number in found]


def compatibility(store: Store, request: Request) -> Json:
    """POST /compatibility/subjects/{subject}/versions: as the level asks, over all versions."""
    return _verdict(store, request, store.versions.of(request.subject))


def compatibility_with(store: Store, request: Request) -> Json:
    """POST /compatibility/subjects/{subject}/versions/{version}: against this one."""
    live = store.versions.of(request.subject)
    if request.version == LATEST:
        return _verdict(store, request, live[-1:])
    against = [one for one in live if one.version == request.version]
    if not against:
        raise refused(40402, request.version)
    return _verdict(store, request, against)


def config(store: Store, request: Request) -> Json:
    """GET /config[/{subject}]."""
    if request.flag("defaultToGlobal"):
        return _read_config(store.settings.config(request.subject))
    return _read_config(store.settings.own_config(request.subject))


def config_set(store: Store, request: Request) -> Json:
    """PUT /config[/{subject}]."""
    store.changes += 1
    return dict(store.settings.set_config(request.subject, request.body))


def config_unset(store: Store, request: Request) -> Json:
    """DELETE /config[/{subject}]."""
    store.changes += 1
    return _read_config(store.settings.unset_config(request.subject))


def mode(store: Store, request: Request) -> Json:
    """GET /mode[/{subject}]."""
    ask = store.settings.mode if request.flag("defaultToGlobal") else store.settings.own_mode
    return {"mode": ask(request.subject)}


def mode_set(store: Store, request: Request) -> Json:
    """PUT /mode[/{subject}]: importing needs an empty place, unless it is forced."""
    wanted, scope = mode_of(request.body.get("mode")), request.subject
    if wanted == IMPORT and store.settings.mode(scope) != IMPORT and not request.flag("force"):
        inside = [one for one in store.versions.subjects() if _covers(scope, one)]
        if any(store.versions.of(one) for one in inside):
            raise refused(42205, "Cannot import since found existing subjects")
        for subject in inside:  # what was deleted softly would take the numbers of what is imported
            for one in store.versions.of(subject, deleted=True):
                store.versions.remove(one)
    store.settings.set_mode(scope, wanted)
    store.changes += 1
    return {"mode": wanted}


def mode_unset(store: Store, request: Request) -> Json:
    """DELETE /mode[/{subject}]."""
    store.changes += 1
    return {"mode": store.settings.unset_mode(request.subject)}


def contexts(store: Store, request: Request) -> Json:
    """GET /contexts."""
    return _page(store.versions.contexts(), request)


def context_deleted(store: Store, request: Request) -> None:
    """DELETE /contexts/{context}."""
    delete_context(store, context_of(qualified(request.parts[0])))


def _subjects(store: Store, request: Request) -> list[str]:
    prefix = request.text("subjectPrefix") or (_ALL_CONTEXTS if not request.subject else request.subject)
    only = request.flag("deletedOnly")
    found = []
    for name in store.versions.subjects():
        matches = not name.startswith(":.") if prefix == ":.:" else name.startswith(prefix)
        if prefix != _ALL_CONTEXTS and not matches:
            continue
        is_live = bool(store.versions.of(name))
        if not is_live if only else is_live or request.flag("deleted"):
            found.append(name)
    return sorted(found)


def _uses(store: Store, request: Request) -> list[Version]:
    subject = request.text("subject")
    number = int(request.parts[0])
    return store.by_id(number, qualified(subject, request.context) if subject else f":{request.context}:")


def _shown_uses(store: Store, request: Request) -> list[Version]:
    return [one for one in _uses(store, request) if request.flag("deleted") or not one.deleted]


def _verdict(store: Store, request: Request, olds: Sequence[Version]) -> Json:
    verbose = request.flag("verbose")
    try:
        draft = store.read(request.subject, request.body, normalise=request.flag("normalize"))
    except Refused as error:
        if not verbose or error.code != 42201:
            raise
        return {"is_compatible": False, "messages": [str(error)]}
    found = store.complaints(request.subject, draft, olds)
    return {"is_compatible": not found, **({"messages": found} if verbose else {})}


def _read_config(config: Config) -> Mapping[str, Json]:
    """The level is called otherwise when it is read."""
    return {"compatibilityLevel" if key == "compatibility" else key: value for key, value in config.items()}


def _covers(scope: str, subject: str) -> bool:
    if not scope:
        return True
    return subject.startswith(scope) if scope.startswith(":.") and scope.endswith(":") else subject == scope


def _page(found: Iterable[T], request: Request) -> list[T]:
    """A part of a list, where `offset` and `limit` ask for one."""
    start, limit = max(request.number("offset", 0), 0), request.number("limit", -1)
    everything = list(found)
    return everything[start : start + limit] if limit > 0 else everything[start:]
