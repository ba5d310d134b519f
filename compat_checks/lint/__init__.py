"""Lint: what is wrong with schemas as they are, whatever they were before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from compat_checks.contracts import CATEGORIES, Contracts, LintOptions
from compat_checks.errors import InvalidContracts
from compat_checks.files import SchemaFiles
from compat_checks.findings import Finding, Severity
from compat_checks.lint import (
    attributes,
    constraints,
    defaults,
    docs,
    ignores,
    logical,
    names,
    places,
    shape,
    subjects,
    types,
)
from compat_checks.lint.targets import (
    AttributesTarget,
    DocTarget,
    FieldTarget,
    FileTarget,
    IgnoreTarget,
    LintRule,
    NamedTarget,
    NodeTarget,
    SubjectTarget,
    Targeted,
    TopicTarget,
)
from compat_checks.lint.walk import contract_targets, schema_targets, walk_files
from compat_checks.lint.words import closest
from compat_checks.toml_source import TomlSource

__all__ = ["LINT_RULES", "LintRule", "lint"]

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

# Minimal: what is broken or ignored in silence. Standard: what a team agrees on. Strict: what is worth a thought.
LINT_RULES: Final[tuple[LintRule[Any], ...]] = (
    LintRule("LOGICAL_TYPE_IGNORED", _ERROR, "minimal", logical.logical_type_ignored, NodeTarget),
    LintRule("LOGICAL_TYPE_ON_FIELD", _ERROR, "minimal", logical.logical_type_on_field, FieldTarget),
    LintRule("MISSPELT_ATTRIBUTE", _ERROR, "minimal", attributes.misspelt_attribute, AttributesTarget),
    LintRule("MISPLACED_ATTRIBUTE", _ERROR, "minimal", attributes.misplaced_attribute, NodeTarget),
    LintRule("CONSTRAINT_WELL_FORMED", _ERROR, "minimal", constraints.constraint_well_formed, FieldTarget),
    LintRule("PATTERN_LINEAR_TIME", _ERROR, "minimal", constraints.pattern_linear_time, FieldTarget),
    LintRule("DEFAULT_SATISFIES_CONSTRAINTS", _ERROR, "minimal", defaults.default_satisfies_constraints, FieldTarget),
    LintRule("TAGS_WELL_FORMED", _ERROR, "minimal", constraints.tags_well_formed, AttributesTarget),
    LintRule("ALIAS_UNIQUE", _ERROR, "minimal", names.alias_unique, NamedTarget),
    LintRule("UNIQUE_NAME_IGNORING_CASE", _ERROR, "minimal", names.unique_name_ignoring_case, NamedTarget),
    LintRule("NAMESPACE_GIVEN", _ERROR, "minimal", places.namespace_given, NamedTarget),
    LintRule("SUBJECT_MATCHES_FILE", _ERROR, "minimal", subjects.subject_matches_file, SubjectTarget),
    LintRule("KEY_FIELD_IS_STRING", _ERROR, "minimal", subjects.key_field_is_string, SubjectTarget),
    LintRule("UNUSED_IGNORE", _ERROR, "minimal", ignores.unused_ignore, IgnoreTarget),
    LintRule("TYPE_NAME_PASCAL_CASE", _ERROR, "standard", names.type_name_pascal_case, NamedTarget),
    LintRule("FIELD_NAME_CAMEL_CASE", _ERROR, "standard", names.field_name_camel_case, FieldTarget),
    LintRule("ENUM_SYMBOL_UPPER_SNAKE", _ERROR, "standard", names.enum_symbol_upper_snake, NamedTarget),
    LintRule("RESERVED_WORD", _WARNING, "standard", names.reserved_word, NamedTarget),
    LintRule("UNIQUE_SHORT_NAME", _WARNING, "standard", names.unique_short_name, NamedTarget),
    LintRule("NAMESPACE_LOWER_CASE", _ERROR, "standard", places.namespace_lower_case, NamedTarget),
    LintRule("NAMESPACE_MATCHES_PATH", _ERROR, "standard", places.namespace_matches_path, FileTarget),
    LintRule("FILE_NAME_MATCHES_TYPE", _ERROR, "standard", places.file_name_matches_type, FileTarget),
    LintRule("TYPE_DOC", _ERROR, "standard", docs.type_doc, NamedTarget),
    LintRule("FIELD_DOC", _ERROR, "standard", docs.field_doc, FieldTarget),
    LintRule("DOC_SAYS_SOMETHING", _WARNING, "standard", docs.doc_says_something, DocTarget),
    LintRule("NULLABLE_DEFAULT_NULL_FIRST", _ERROR, "standard", defaults.nullable_default_null_first, FieldTarget),
    LintRule("ENUM_HAS_DEFAULT", _ERROR, "standard", defaults.enum_has_default, NamedTarget),
    LintRule("DEFAULT_IS_VALUE", _WARNING, "standard", defaults.default_is_value, FieldTarget),
    LintRule("TIME_HAS_LOGICAL_TYPE", _ERROR, "standard", types.time_has_logical_type, FieldTarget),
    LintRule("DURATION_HAS_UNIT", _WARNING, "standard", types.duration_has_unit, FieldTarget),
    LintRule("MONEY_NOT_FLOAT", _ERROR, "standard", types.money_not_float, FieldTarget),
    LintRule("DECIMAL_FITS_WAREHOUSE", _WARNING, "standard", logical.decimal_fits_warehouse, NodeTarget),
    LintRule("UNION_OF_SEVERAL", _WARNING, "standard", types.union_of_several, NodeTarget),
    LintRule("PATTERN_HAS_MAX_LENGTH", _ERROR, "standard", constraints.pattern_has_max_length, FieldTarget),
    LintRule("PII_TAG_REQUIRED", _ERROR, "standard", constraints.pii_tag_required, FieldTarget),
    LintRule("SUBJECT_NAMED_AFTER_TOPIC", _ERROR, "standard", subjects.subject_named_after_topic, SubjectTarget),
    LintRule("TOPIC_HAS_SUBJECT", _WARNING, "standard", subjects.topic_has_subject, TopicTarget),
    LintRule("FILE_IS_USED", _WARNING, "standard", subjects.file_is_used, FileTarget),
    LintRule("FIELD_COUNT", _WARNING, "standard", shape.field_count, NamedTarget),
    LintRule("NESTING_DEPTH", _WARNING, "standard", shape.nesting_depth, NamedTarget),
    LintRule("UUID_FOR_IDENTITY", _WARNING, "strict", types.uuid_for_identity, FieldTarget),
    LintRule("ENUM_DEFAULT_IS_NEUTRAL", _INFO, "strict", defaults.enum_default_is_neutral, NamedTarget),
)


def lint(
    files: SchemaFiles,
    contracts: Contracts | None = None,
    options: LintOptions | None = None,
    rules: Sequence[LintRule[Any]] = LINT_RULES,
) -> list[Finding]:
    """What is wrong with the schemas of a folder, by path, line, column and rule.

    Args:
        files: the schemas.
        contracts: contracts.toml; None to look at the schemas alone.
        options: instead of those in `contracts`.
        rules: out of which those of the options' category run.

    Raises:
        InvalidSchema: a file breaks a rule of Avro.
        InvalidContracts: an option names a rule that does not exist.
    """
    settings = options or (contracts.lint if contracts else LintOptions())
    _check_ids(settings)
    active = [rule for rule in rules if _applies(rule, settings)]
    source = TomlSource(contracts.text if contracts else "", "contracts.toml")
    walked = walk_files(files)
    targets = [*schema_targets(walked, settings), *contract_targets(walked, contracts, source)]
    found = _findings(targets, active, settings)
    silencers: list[ignores.Silencer] = [
        *ignores.configured(settings.ignores, source),
        *(one for target in targets if isinstance(target, AttributesTarget) for one in ignores.inline(target, _IDS)),
    ]
    kept, done = ignores.silence(found, silencers, {rule.id for rule in active})
    return sorted([*kept, *_findings(done, active, settings)], key=_order)


_IDS: Final = frozenset(rule.id for rule in LINT_RULES)


def _findings(
    targets: Iterable[Targeted | IgnoreTarget], rules: Sequence[LintRule[Any]], settings: LintOptions
) -> Iterator[Finding]:
    by_target: dict[type, list[LintRule[Any]]] = {}
    for rule in rules:
        by_target.setdefault(rule.sees, []).append(rule)
    for target in targets:
        for rule in by_target.get(type(target), ()):
            yield from _run(rule, target, settings)


def _run(rule: LintRule[Any], target: Targeted | IgnoreTarget, settings: LintOptions) -> Iterator[Finding]:
    for hit in rule.handler(target):
        yield Finding(
            rule=rule.id,
            severity=settings.severities.get(rule.id, rule.severity),
            message=hit.message,
            place=hit.place,
            subject=target.subject.name if isinstance(target, SubjectTarget) else "",
            element=".".join(part for part in (target.element, hit.element) if part),
            hint=hit.hint,
            fixes=hit.fixes,
        )


def _applies(rule: LintRule[Any], settings: LintOptions) -> bool:
    return rule.id in settings.also or CATEGORIES.index(rule.category) <= CATEGORIES.index(settings.category)


def _check_ids(settings: LintOptions) -> None:
    named = {
        "also": settings.also,
        "severity": settings.severities,
        "ignore": [ignore.rule for ignore in settings.ignores],
    }
    for key, ids in named.items():
        for rule in ids:
            if rule not in _IDS:
                likely = "".join(f"; did you mean {one}?" for one in closest(rule, _IDS))
                raise InvalidContracts(f"contracts.toml: lint.{key}: there is no rule {rule}{likely}")


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    position = finding.place.position if finding.place else None
    line, column = (position.line, position.column) if position else (0, 0)
    return (finding.path or "", line, column, finding.rule, finding.message)
