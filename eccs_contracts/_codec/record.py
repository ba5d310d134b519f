"""Plans of records, and the base of every generated record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self, TypeVar, cast, get_args, overload

from eccs_contracts._codec.at import At, Report
from eccs_contracts._codec.constraints import Rule, broken_rule
from eccs_contracts._codec.cursor import Cursor
from eccs_contracts._codec.plan import AvroType, Form, Json
from eccs_contracts.errors import DecodeError, EncodeError

M = TypeVar("M", bound="Record")
V = TypeVar("V")

_DEEP: Final = "nested deeper than the interpreter can follow"


class Unset:
    """The class of what stands in an attribute that was never set."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record.

    Attributes:
        name: on the wire.
        attribute: in Python.
        rules: the constraints of the schema.
        personal: whether the values are personal data.
        optional: whether the record has a default for it.
    """

    name: str
    attribute: str
    type: AvroType
    rules: tuple[Rule, ...] = ()
    personal: bool = False
    optional: bool = False


class RecordPlan(AvroType):
    """The plan of a record.

    Attributes:
        bare: whether the schema is no record, but the type of the only field.
    """

    __slots__ = ("bare", "fields", "label", "model")
    least = 0  # not asked for: whoever holds a record holds a `Reference`

    def __init__(self, model: type[Record], *fields: Field, bare: bool = False) -> None:
        self.model = model
        self.fields = fields
        self.bare = bare
        self.label = f"a record {model.__name__}"

    @property
    def record(self) -> RecordPlan:
        """Itself, as a `Reference` gives it."""
        return self

    def owns(self, value: object) -> bool:
        return type(value) is self.model

    def read(self, cursor: Cursor, at: At) -> Any:
        return self.read_as(self.model, cursor, at)

    def read_as(self, model: type[Record], cursor: Cursor, at: At) -> Any:
        """As `read`, into a subclass."""
        return model(
            **{one.attribute: one.type.read(cursor, at.field(one.name, personal=one.personal)) for one in self.fields}
        )

    def write(self, value: Any, at: At) -> bytes:
        if not isinstance(value, self.model):
            at.refuse(self.label, value)
        return b"".join(
            one.type.write(getattr(value, one.attribute, Unset()), at.field(one.name, personal=one.personal))
            for one in self.fields
        )

    def check(self, value: Any, at: At, report: Report) -> bool:
        if not isinstance(value, self.model):
            report.add(at, f"{self.label} is expected", value)
            return False
        fits = [self._check_field(one, value, at, report) for one in self.fields]
        return all(fits)  # of a list, not of a generator: every field is checked

    def _check_field(self, one: Field, value: Any, at: At, report: Report) -> bool:
        here = at.field(one.name, personal=one.personal)
        found = getattr(value, one.attribute, Unset())
        if not one.type.check(found, here, report):
            return False
        rules = () if found is None else one.rules
        broken = [rule for rule in (broken_rule(rule, found) for rule in rules) if rule]
        for rule in broken:
            report.add(here, rule, found)
        return not broken

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        if not isinstance(value, self.model):
            at.refuse(self.label, value)
        found = {
            one.name: one.type.to_json(
                getattr(value, one.attribute, Unset()), at.field(one.name, personal=one.personal), form
            )
            for one in self.fields
        }
        return found["value"] if self.bare and form == "avro" else found

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        return self.from_json_as(self.model, value, at, report, form)

    def from_json_as(self, model: type[Record], value: Json, at: At, report: Report, form: Form) -> Any:
        """As `from_json`, into a subclass."""
        if self.bare and form == "avro":
            value = {"value": value}
        if not isinstance(value, Mapping):
            report.add(at, "an object is expected", value)
            return None
        before = len(report.problems)
        made = {}
        for one in self.fields:
            here = at.field(one.name, personal=one.personal)
            if one.name in value:
                made[one.attribute] = one.type.from_json(value[one.name], here, report, form)
            elif not one.optional:
                report.absent(here)
        names = {one.name for one in self.fields}
        for name in value:
            if name not in names:
                report.unknown(at, name, self.model.__name__)
        return None if len(report.problems) > before else model(**made)


class Reference(AvroType):
    """The plan of a record inside of another, found when it is needed: types may be recursive."""

    __slots__ = ("_model", "least")

    def __init__(self, model: Callable[[], type[Record]], least: int) -> None:
        self._model = model
        self.least = least

    @property
    def label(self) -> str:  # type: ignore[override]  # the record is not known before it is asked for
        return self.record.label

    @property
    def record(self) -> RecordPlan:
        """The plan of the record itself."""
        return self._model().PLAN

    def owns(self, value: object) -> bool:
        return self.record.owns(value)

    def read(self, cursor: Cursor, at: At) -> Any:
        return self.record.read(cursor, at)

    def write(self, value: Any, at: At) -> bytes:
        return self.record.write(value, at)

    def check(self, value: Any, at: At, report: Report) -> bool:
        return self.record.check(value, at, report)

    def to_json(self, value: Any, at: At, form: Form) -> Json:
        return self.record.to_json(value, at, form)

    def from_json(self, value: Json, at: At, report: Report, form: Form) -> Any:
        return self.record.from_json(value, at, report, form)


class Record:
    """Base of every generated record.

    Attributes:
        SCHEMA: the schema as compact text that refers to no other file.
        FULLNAME: name and namespace of the schema.
        FIELDS: names of the fields on the wire, in their order.
        FINGERPRINT: CRC-64-AVRO of the Parsing Canonical Form, in hexadecimal, in the order of the bytes that
            single-object encoding has.
        FINGERPRINT_MD5: MD5 of the same, in hexadecimal.
        FINGERPRINT_SHA256: SHA-256 of the same, in hexadecimal.
        SCHEMA_SHA256: SHA-256 of SCHEMA, in hexadecimal.
        PLAN: how the record is read and written when the fast way does not do.
    """

    __slots__ = ()
    SCHEMA: ClassVar[str]
    FULLNAME: ClassVar[str]
    FIELDS: ClassVar[tuple[str, ...]]
    FINGERPRINT: ClassVar[str]
    FINGERPRINT_MD5: ClassVar[str]
    FINGERPRINT_SHA256: ClassVar[str]
    SCHEMA_SHA256: ClassVar[str]
    PLAN: ClassVar[RecordPlan]

    def to_avro(self) -> bytes:
        """The value in Avro binary; generated."""
        raise NotImplementedError

    @classmethod
    def from_avro(cls, data: bytes) -> Self:
        """The value of Avro binary; generated."""
        raise NotImplementedError

    def validate(self) -> None:
        """Check types and constraints, nested records included.

        Raises:
            ValidationError: with every problem; values of personal data are masked.
        """
        report = Report()
        try:
            self.PLAN.check(self, At(), report)
        except RecursionError:
            report.add(At(personal=True), _DEEP, self)
        report.close(type(self).__name__)

    @overload
    def to_json(self, form: Literal["plain"] = "plain") -> dict[str, Json]: ...

    @overload
    def to_json(self, form: Form) -> Json: ...

    def to_json(self, form: Form = "plain") -> Json:
        """A JSON form of the value, as what `json.dumps` takes; names are those on the wire.

        Args:
            form: "plain", which the older producers write: unions without wrappers, UUIDs as text, timestamps as
                numbers in the unit of the schema, dates and times as ISO 8601 text, decimals as text, bytes as
                base64 text. Or "avro", the JSON encoding of the specification (Avro 1.12, "JSON Encoding"): unions
                as `{"branch": value}`, bytes as a code point for each, logical types as what they are stored as.

        Raises:
            EncodeError: a value cannot be what the schema says; names the field.
            ValueError: there is no such form.
        """
        _check_form(form)
        try:
            return self.PLAN.to_json(self, At(), form)
        except RecursionError:
            raise EncodeError(_DEEP) from None

    @classmethod
    def from_json(cls, value: Json, form: Form = "plain") -> Self:
        """A value from one of the forms of `to_json`; a field that has a default may be left out.

        In the plain form timestamps may be ISO 8601 text with an offset, too. Constraints are for `validate`.

        Raises:
            ValidationError: with every missing field, unknown field and wrong type.
            ValueError: there is no such form.
        """
        _check_form(form)
        report = Report()
        made = None
        try:
            made = cls.PLAN.from_json_as(cls, value, At(), report, form)
        except RecursionError:
            report.add(At(personal=True), _DEEP, value)
        report.close(cls.__name__)
        return cast("Self", made)  # a report without problems means that there is a value


def _check_form(form: Form) -> None:
    if form not in get_args(Form):
        raise ValueError(f"a form is one of {', '.join(get_args(Form))}, not {form!r}")


def write_checked(value: Record) -> bytes:
    """What `to_avro` does when the fast way stumbled.

    Raises:
        EncodeError: with the field; the value itself is never shown.
    """
    try:
        return value.PLAN.write(value, At())
    except RecursionError:
        raise EncodeError(_DEEP) from None


def read_checked(model: type[M], data: object) -> M:
    """What `from_avro` does when the fast way stumbled; raises as `read_with`."""
    value: M = read_with(lambda cursor, at: model.PLAN.read_as(model, cursor, at), data)
    return value


def read_with(read: Callable[[Cursor, At], V], data: object) -> V:
    """Read a whole message with every check.

    Raises:
        DecodeError: with the field and the offset; the data is never shown.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        message = f"bytes are expected, not {type(data).__name__}"
        raise DecodeError(message)
    cursor = Cursor(bytes(data))
    try:
        value = read(cursor, At())
    except RecursionError:
        raise DecodeError(_DEEP) from None
    if cursor.left:
        At().broken(f"{cursor.left} bytes follow that belong to no field", cursor.position)
    return value
