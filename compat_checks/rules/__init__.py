"""Every rule about a change, in one flat table.

The first group is the registry's verdict, exactly; the others are what a registry does not see. Severities are part
of the contract with users: an error says that somebody loses or misreads data.
"""

from __future__ import annotations

from typing import Any, Final

from compat_checks.findings import Severity
from compat_checks.history import PublishedFile
from compat_checks.rule import Rule
from compat_checks.rules import branches, fields, history, names, publication, types, verdict, waivers
from compat_checks.rules.history import Envelope, History
from compat_checks.rules.pairs import FieldPair, TypeRule
from compat_checks.rules.publication import Publication, RemovedSubject
from compat_checks.rules.verdict import Found
from compat_checks.rules.waivers import WaiverUse
from compat_checks.schema import PRIMITIVES

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

VERDICT_RULES: Final[tuple[Rule[Found], ...]] = (
    Rule("NAME_MISMATCH", _ERROR, "registry", verdict.name_mismatch),
    Rule("FIXED_SIZE_MISMATCH", _ERROR, "registry", verdict.fixed_size_mismatch),
    Rule("MISSING_ENUM_SYMBOLS", _ERROR, "registry", verdict.missing_enum_symbols),
    Rule("READER_FIELD_MISSING_DEFAULT_VALUE", _ERROR, "registry", verdict.reader_field_missing_default_value),
    Rule("TYPE_MISMATCH", _ERROR, "registry", verdict.type_mismatch),
    Rule("MISSING_UNION_BRANCH", _ERROR, "registry", verdict.missing_union_branch),
)

_RECORD, _NAMED, _PLAIN = ("record",), ("record", "enum", "fixed"), (*sorted(PRIMITIVES), "fixed")

TYPE_RULES: Final[tuple[TypeRule, ...]] = (
    TypeRule("AMBIGUOUS_ALIAS", _ERROR, "names", names.ambiguous_alias, _RECORD),
    TypeRule("ALIAS_USED_TWICE", _ERROR, "names", names.alias_used_twice, _RECORD),
    TypeRule("FIELD_RENAMED_WITHOUT_ALIAS", _ERROR, "names", names.field_renamed_without_alias, _RECORD),
    TypeRule("NAMESPACE_CHANGED", _WARNING, "names", names.namespace_changed, _NAMED),
    TypeRule("DECIMAL_SCALE_CHANGED", _ERROR, "types", types.decimal_scale_changed, _PLAIN),
    TypeRule("DECIMAL_PRECISION_CHANGED", _WARNING, "types", types.decimal_precision_changed, _PLAIN),
    TypeRule("TIME_UNIT_CHANGED", _ERROR, "types", types.time_unit_changed, _PLAIN),
    TypeRule("LOGICAL_TYPE_CHANGED", _ERROR, "types", types.logical_type_changed, _PLAIN),
    TypeRule("LOGICAL_TYPE_ADDED", _WARNING, "types", types.logical_type_added, _PLAIN),
    TypeRule("LOGICAL_TYPE_REMOVED", _WARNING, "types", types.logical_type_removed, _PLAIN),
    TypeRule("LOSSY_PROMOTION", _WARNING, "types", types.lossy_promotion, _PLAIN),
    TypeRule("ENUM_COLLAPSES_TO_DEFAULT", _WARNING, "branches", branches.enum_collapses_to_default, ("enum",)),
    TypeRule("UNION_SHORT_NAME_CLASH", _WARNING, "branches", branches.union_short_name_clash, ("union",)),
)

FIELD_RULES: Final[tuple[Rule[FieldPair], ...]] = (
    Rule("DEFAULT_VALUE_CHANGED", _WARNING, "fields", fields.default_value_changed),
    Rule("DEFAULT_REMOVED", _WARNING, "fields", fields.default_removed),
    Rule("DEFAULT_NOT_FIRST_BRANCH", _WARNING, "fields", fields.default_not_first_branch),
    Rule("CONSTRAINT_CHANGED", _WARNING, "fields", fields.constraint_changed),
    Rule("PII_TAG_REMOVED", _WARNING, "fields", fields.pii_tag_removed),
)

HISTORY_RULES: Final[tuple[Rule[History], ...]] = (
    Rule("RETIRED_NAME_REUSED", _ERROR, "history", history.retired_name_reused),
)

ENVELOPE_RULES: Final[tuple[Rule[Envelope], ...]] = (Rule("ENVELOPE_DRIFT", _ERROR, "history", history.envelope_drift),)

FILE_RULES: Final[tuple[Rule[PublishedFile], ...]] = (
    Rule("HISTORY_ALTERED", _ERROR, "publication", publication.history_altered),
    Rule("HISTORY_UNLISTED", _ERROR, "publication", publication.history_unlisted),
)

PUBLICATION_RULES: Final[tuple[Rule[Publication], ...]] = (
    Rule("NOT_PUBLISHED", _WARNING, "publication", publication.not_published),
    Rule("VERSION_TOO_LOW", _ERROR, "publication", publication.version_too_low),
)

SUBJECT_RULES: Final[tuple[Rule[RemovedSubject], ...]] = (
    Rule("SUBJECT_REMOVED", _WARNING, "publication", publication.subject_removed),
)

WAIVER_RULES: Final[tuple[Rule[WaiverUse], ...]] = (
    Rule("WAIVER_EXPIRED", _ERROR, "waivers", waivers.waiver_expired),
    Rule("WAIVER_UNUSED", _ERROR, "waivers", waivers.waiver_unused),
    Rule("WAIVER_CHANGED", _ERROR, "waivers", waivers.waiver_changed),
)

RULES: Final[tuple[Rule[Any], ...]] = (
    *VERDICT_RULES,
    *TYPE_RULES,
    *FIELD_RULES,
    *HISTORY_RULES,
    *ENVELOPE_RULES,
    *FILE_RULES,
    *PUBLICATION_RULES,
    *SUBJECT_RULES,
    *WAIVER_RULES,
)
