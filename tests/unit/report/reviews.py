"""Reviews made by hand, on real texts, so that lines and carets are real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compat_checks.findings import Edit, Finding, Fix, Severity
from compat_checks.report import Options
from compat_checks.review import Change, ChangeKind, Deployment, Review, SubjectReview
from compat_checks.rule import Hit, Rule
from compat_checks.source import Place, Source
from compat_checks.toml_source import TomlSource

ORDER_PATH: Final = "com/shop/Order.avsc"
ORDER: Final = Source(
    """{
  "type": "record",
  "name": "Order",
  "namespace": "com.shop",
  "doc": "An order of one customer.",
  "fields": [
    {"name": "id", "type": {"type": "string", "logicalType": "uuid"}, "doc": "Identity, given by the shop."},
    {"name": "recipient", "type": "string", "doc": "Who gets it."},
    {"name": "priority", "type": "int"},
    {
      "name": "state",
      "type": {
        "type": "enum",
        "name": "State",
        "symbols": ["OPEN", "PAID", "SENT"]
      },
      "default": "OPEN"
    },
    {
      "name": "lines",
      "type": {
        "type": "array",
        "items": {
          "type": "record",
          "name": "Line",
          "fields": [
            {"name": "sku", "type": "string"},
            {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 4}}
          ]
        }
      }
    }
  ]
}
""",
    ORDER_PATH,
)
PLACE: Final = Place(ORDER)
CONTRACTS: Final = TomlSource('version = 1\n\n[subjects."orders-value"]\n', "contracts.toml")


def _nothing(target: object) -> Iterator[Hit]:
    """A reader has a field that the writer has not, and no default for it.

    What it does:
        Finds fields without a default.
    """
    del target
    yield from ()


RULES: Final = {
    name: Rule(name, Severity.ERROR, "registry", _nothing)
    for name in ("READER_FIELD_MISSING_DEFAULT_VALUE", "DECIMAL_SCALE_CHANGED")
}
OPTIONS: Final = Options(root="contracts/schemas", rules=RULES, help_uri="https://example.org/rules#{rule}")

REQUIRED: Final = Finding(
    rule="READER_FIELD_MISSING_DEFAULT_VALUE",
    severity=Severity.ERROR,
    message="`priority` is new and has no default, so that older data cannot be read",
    place=PLACE / "fields" / 2,
    subject="orders-value",
    element="Order.priority",
    cause=("the registry says READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2: priority",),
    against=("v2", "v1"),
    breaks=("new readers cannot read what v1 and v2 wrote",),
    hint="give it a default; null, where it can be missing",
    fixes=(
        Fix("Give `priority` the default 0", ORDER_PATH, (Edit("add", "/fields/2/default", 0),)),
        Fix(
            "Make `priority` optional, null by default",
            ORDER_PATH,
            (Edit("replace", "/fields/2/type", ["null", "int"]), Edit("add", "/fields/2/default", None)),
            decided=False,
        ),
    ),
)
RENAMED: Final = Finding(
    rule="FIELD_RENAMED_WITHOUT_ALIAS",
    severity=Severity.ERROR,
    message="`to` seems to be renamed to `recipient`, and no alias says so: its values are lost without an error",
    place=PLACE / "fields" / 1 / "name",
    subject="orders-value",
    element="Order.recipient",
    against=("v2",),
    hint="give `recipient` the alias `to`",
    fixes=(Fix("Add the alias `to`", ORDER_PATH, (Edit("add", "/fields/1/aliases", ["to"]),)),),
)
REMOVED: Final = Finding(
    rule="READER_FIELD_MISSING_DEFAULT_VALUE",
    severity=Severity.ERROR,
    message="`source` is gone, and readers of the published version have no default for it",
    place=PLACE / "name",
    subject="orders-value",
    element="Order.source",
    against=("v2",),
    breaks=("readers of v2 cannot read new data",),
    hint="keep `source` until no such reader is left",
    fixes=(
        Fix(
            "Put the field `source` back",
            ORDER_PATH,
            (Edit("add", "/fields/5", {"name": "source", "type": "string", "doc": "Where it was ordered."}),),
        ),
    ),
)
SCALE: Final = Finding(
    rule="DECIMAL_SCALE_CHANGED",
    severity=Severity.ERROR,
    message="the scale changed from 2 to 4: the same bytes mean a hundredth of what they meant",
    place=PLACE / "fields" / 4 / "type" / "items" / "fields" / 1 / "type" / "scale",
    subject="orders-value",
    element="Order.lines.price",
    against=("v2", "v1"),
    hint="keep the scale; add a field with the new one",
)
COLLAPSE: Final = Finding(
    rule="ENUM_COLLAPSES_TO_DEFAULT",
    severity=Severity.WARNING,
    message="readers of v2 see OPEN where SENT is written",
    place=PLACE / "fields" / 3 / "type",
    subject="orders-value",
    element="Order.state",
    against=("v2",),
)
DOC: Final = Finding(
    rule="FIELD_DOC",
    severity=Severity.INFO,
    message="`sku` has no doc",
    place=PLACE / "fields" / 4 / "type" / "items" / "fields" / 0,
    element="Line.sku",
    hint="say what it means, its unit and who sets it",
)
OWNER: Final = Finding(
    rule="SUBJECT_OWNER",
    severity=Severity.WARNING,
    message='the subject "orders-value" has no owner',
    place=Place(CONTRACTS, "/subjects/orders-value"),
    element="orders-value",
)
ALTERED: Final = Finding(
    rule="PUBLISHED_VERSION_ALTERED",
    severity=Severity.ERROR,
    message="history/orders-value/v1.avsc is not what was published",
    subject="orders-value",
)

CHANGES: Final = (
    Change(
        element="Order.recipient",
        kind=ChangeKind.RENAMED,
        old="to",
        new="recipient",
        sentence="field `to` renamed to `recipient`",
        place=PLACE / "fields" / 1,
    ),
    Change(
        element="Order.priority",
        kind=ChangeKind.ADDED,
        old="",
        new="int",
        sentence="field `priority` added: int",
        place=PLACE / "fields" / 2,
    ),
    Change(
        element="Order.source",
        kind=ChangeKind.REMOVED,
        old="string",
        new="",
        sentence="field `source` removed; it was string",
        place=PLACE,
    ),
    Change(
        element="Order.state",
        kind=ChangeKind.CHANGED,
        old="",
        new="symbols SENT",
        sentence="symbols of `Order.state` added: SENT",
        place=PLACE / "fields" / 3 / "type",
    ),
    Change(
        element="Order.lines.price",
        kind=ChangeKind.CHANGED,
        old="type decimal(10, 2)",
        new="type decimal(10, 4)",
        sentence="type of `Order.lines.price` changed from decimal(10, 2) to decimal(10, 4)",
        place=PLACE / "fields" / 4 / "type" / "items" / "fields" / 1,
    ),
)


def subject(*findings: Finding, **given: object) -> SubjectReview:
    """The review of orders-value that found this."""
    values: dict[str, object] = {
        "subject": "orders-value",
        "file": ORDER_PATH,
        "baseline": "history",
        "level": "FULL_TRANSITIVE",
        "version": "1.1.0",
        "versions": ("v1", "v2"),
        "findings": findings,
    }
    return SubjectReview(**values | given)  # type: ignore[arg-type]  # names and types are those of the fields


BROKEN: Final = subject(
    REQUIRED,
    RENAMED,
    REMOVED,
    SCALE,
    COLLAPSE,
    required="2.0.0",
    registry_accepts=False,
    safe_for_readers=False,
    deployment=Deployment.NONE,
    changes=CHANGES,
)
WIDENED: Final = subject(
    subject="payments-value",
    file="com/shop/Payment.avsc",
    level="BACKWARD",
    version="1.2.0",
    required="1.2.0",
    versions=tuple(f"v{number}" for number in range(1, 13)),
    deployment=Deployment.CONSUMERS_FIRST,
    changes=(
        Change(
            element="Payment.amount",
            kind=ChangeKind.CHANGED,
            old="type int",
            new="type long",
            sentence="type of `Payment.amount` changed from int to long",
        ),
        Change(
            element="Payment",
            kind=ChangeKind.CHANGED,
            old="",
            new="doc A payment.",
            sentence="doc of `Payment` added: A payment.",
            structural=False,
        ),
    ),
)
SAME: Final = subject(subject="refunds-value", file="com/shop/Refund.avsc", version="1.0.0", versions=("v1",))
NEW: Final = subject(subject="carts-value", file="com/shop/Cart.avsc", version="0.1.0", versions=())

WAIVED: Final = Finding(
    rule=SCALE.rule,
    severity=SCALE.severity,
    message=SCALE.message,
    place=SCALE.place,
    subject=SCALE.subject,
    element=SCALE.element,
    against=SCALE.against,
    waived="nobody reads prices yet (ann, until 2027-01-31)",
)

ODD_PATH: Final = "com/shop/größe, 100% [neu].avsc"
ODD: Final = Source(
    '{"type": "record", "name": "R", "fields": [\n'
    '\t{"name": "größe", "type": "string", "default": "寸法 📏 | <b>@ann</b> `x` \u202eevil\u202c"},\n'
    '\t{"name": "long", "type": "string", "default": "' + "0123456789" * 12 + '"}, {"name": "z", "type": "int"}]}\n',
    ODD_PATH,
)
ODD_VALUE: Final = Finding(
    rule="DEFAULT_VALUE_CHANGED",
    severity=Severity.WARNING,
    message='the default changed from "a|b" to "寸法 📏 | <b>@ann</b> \x1b[31m \u202eevil", see #12:\r\n::error::',
    place=Place(ODD) / "fields" / 0 / "default",
    subject="größen|value",
    element="R.größe",
    cause=("`a|b` and `<i>` are *different*, 100%",),
    hint="[keep it](https://example.org) as_it_is \ud800",
)
ODD_LATE: Final = Finding(
    rule="FIELD_ORDER",
    severity=Severity.WARNING,
    message="`z` stands far to the right",
    place=Place(ODD) / "fields" / 2,
    subject="größen|value",
    element="R.z",
    fixes=(Fix("Add the doc ```x```", ODD_PATH, (Edit("add", "/fields/2/doc", "```\n" + "x" * 80),)),),
)
ODD_LONG: Final = Finding(
    rule="FIELD_ORDER",
    severity=Severity.INFO,
    message="`long` has a long default, and this sentence about it is long as well, so that it is wrapped " * 2,
    place=Place(ODD) / "fields" / 1 / "default",
    subject="größen|value",
    element="R.long",
)
ODD_SUBJECT: Final = subject(
    ODD_VALUE,
    ODD_LATE,
    ODD_LONG,
    subject="größen|value",
    file=ODD_PATH,
    deployment=Deployment.ANY,
    changes=(
        Change(
            element="R.größe",
            kind=ChangeKind.CHANGED,
            old='default "a|b"',
            new='default "寸法 📏 | <b>@ann</b> `x` \u202eevil"',
            sentence="",
        ),
    ),
)

REVIEWS: Final = {
    "none": Review("check", "schemas", (SAME, NEW)),
    "one": Review("check", "schemas/", (subject(COLLAPSE, deployment=Deployment.ANY, changes=CHANGES[3:4]),)),
    "many": Review("check", "schemas", (WIDENED, BROKEN, SAME), (OWNER, ALTERED), seconds=0.0421),
    "waived": Review("check", "schemas", (subject(WAIVED, registry_accepts=True, safe_for_readers=False),)),
    "unicode": Review("check", "schemas", (ODD_SUBJECT,)),
    "lint": Review("lint", "schemas", findings=(DOC, OWNER)),
}
