"""The blast radius: types, files, subjects and committed readers."""

import json
from pathlib import Path

import pytest

from compat_checks.contracts import load_contracts
from compat_checks.errors import InvalidContracts, InvalidSchema
from compat_checks.files import SchemaFiles
from compat_checks.impact import Impact, changed_files, changed_types, impact, types_of
from compat_checks.impact_report import as_json, text
from compat_checks.readers import load_readers
from compat_checks.schema import Schema
from tests.unit.changes.building import add, field, record, shop, write

CUSTOMER = record(field("name"), name="Customer", namespace="shop")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two teams read orders, one reads bills; nothing changed yet."""
    wanting = record(field("id"), field("coupon"), name="Order", namespace="shop")
    write(tmp_path / "readers/crm/orders-value.avsc", record(field("customer", CUSTOMER), name="Order"))
    write(tmp_path / "readers/audit/orders-value.avsc", wanting)
    write(tmp_path / "readers/audit/bills-value.avsc", record(name="Bill"))
    return shop(tmp_path)


def _before(folder: Path) -> dict[str, Schema]:
    files = SchemaFiles.of(folder)
    return {subject.name: files.schema(subject.file) for subject in load_contracts(folder).subjects}


def _impact(folder: Path, before: dict[str, Schema]) -> Impact:
    files, contracts = SchemaFiles.of(folder), load_contracts(folder)
    readers = load_readers(folder, [subject.name for subject in contracts.subjects])
    return impact(files, contracts, changed_types(files, contracts, before), before, readers)


def test_a_change_reaches_whatever_refers_to_it(folder: Path) -> None:
    """Directly or through other files; a reader breaks where it could read before."""
    before = _before(folder)
    write(folder / "shop/Customer.avsc", record(field("fullName"), name="Customer", namespace="shop"))
    found = _impact(folder, before)

    assert found.types == ("shop.Customer",)
    assert [(one.path, one.through[1:]) for one in found.files] == [
        ("shop/Bill.avsc", ("shop/Order.avsc", "shop/Customer.avsc")),
        ("shop/Customer.avsc", ()),
        ("shop/Order.avsc", ("shop/Customer.avsc",)),
    ]
    assert [subject.name for subject in found.subjects] == ["orders-value", "bills-value"]
    assert [(one.reader.path, one.breaks, one.read_before) for one in found.readers] == [
        ("readers/audit/bills-value.avsc", False, True),
        ("readers/audit/orders-value.avsc", False, False),
        ("readers/crm/orders-value.avsc", True, True),
    ]
    assert found.broken[0].reasons == ("READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0/type/fields/0: name",)


def test_a_subject_that_does_not_refer_to_the_change_is_not_touched(folder: Path) -> None:
    """Orders know nothing of bills."""
    before = _before(folder)
    add(folder / "shop/Bill.avsc", field("note", default=""))
    found = _impact(folder, before)

    assert found.types == ("shop.Bill",)
    assert [subject.name for subject in found.subjects] == ["bills-value"]
    assert [one.reader.team for one in found.readers] == ["audit"]
    assert found.broken == ()


def test_no_change_reaches_nothing(folder: Path) -> None:
    """It says so."""
    found = _impact(folder, _before(folder))

    assert (found, text(found)) == (Impact((), (), (), ()), "nothing changed")


def test_a_type_that_is_gone_and_one_that_is_new_are_changes(folder: Path) -> None:
    """With the type that used one and uses the other."""
    before = _before(folder)
    (folder / "shop/Customer.avsc").unlink()
    person = record(field("name"), name="Person", namespace="shop")
    write(folder / "shop/Order.avsc", record(field("person", person), name="Order", namespace="shop"))

    assert _impact(folder, before).types == ("shop.Customer", "shop.Order", "shop.Person")


def test_changed_files_are_found_by_their_json(folder: Path) -> None:
    """White space does not count; a new file does."""
    texts = {path: SchemaFiles.of(folder).text(path) for path in SchemaFiles.of(folder).paths}
    spaced = {path: json.dumps(json.loads(one), indent=7) for path, one in texts.items()}
    del spaced["shop/Bill.avsc"]
    add(folder / "shop/Customer.avsc", field("age", "int", default=0))
    files = SchemaFiles.of(folder)

    assert changed_files(files, spaced) == ("shop/Bill.avsc", "shop/Customer.avsc")
    assert types_of(files, changed_files(files, spaced)) == ("shop.Bill", "shop.Customer")


def test_a_doc_is_a_change_that_breaks_nobody(folder: Path) -> None:
    """Types are compared with all that they say."""
    before = _before(folder)
    write(folder / "shop/Customer.avsc", {**CUSTOMER, "doc": "Somebody who buys."})
    found = _impact(folder, before)

    assert (found.types, found.broken) == (("shop.Customer",), ())


def test_the_report_names_who_breaks_and_why(folder: Path) -> None:
    """For people and for programs."""
    before = _before(folder)
    write(folder / "shop/Order.avsc", record(field("id", "int"), name="Order", namespace="shop"))
    found = _impact(folder, before)

    assert text(found).splitlines() == [
        "types (2)",
        "  shop.Customer",
        "  shop.Order",
        "files (3)",
        "  shop/Bill.avsc, through shop/Order.avsc",
        "  shop/Customer.avsc",
        "  shop/Order.avsc",
        "subjects (2)",
        "  orders-value: topic orders, owner shop, FULL_TRANSITIVE",
        "  bills-value: topic bills, owner money, BACKWARD",
        "readers (3, 1 break)",
        "  audit, bills-value: reads it",
        "  audit, orders-value: does not read it, and did not before",
        "    TYPE_MISMATCH at /fields/0/type: reader type: STRING not compatible with writer type: INT",
        "    READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1: coupon",
        "  crm, orders-value: breaks",
        "    READER_FIELD_MISSING_DEFAULT_VALUE at /fields/0: customer",
    ]
    value = json.loads(json.dumps(as_json(found)))
    assert value["version"] == 1
    assert [(one["team"], one["breaks"]) for one in value["readers"]] == [
        ("audit", False),
        ("audit", False),
        ("crm", True),
    ]


def test_the_cause_inside_of_a_union_is_told(folder: Path) -> None:
    """The registry's own answer names the branch only."""
    address = record(field("zip", "int"), name="Address", namespace="shop")
    reading = record(field("address", ["null", address]), name="Bill")
    write(folder / "readers/audit/bills-value.avsc", reading)
    written = record(field("zip"), name="Address", namespace="shop")
    add(folder / "shop/Bill.avsc", field("address", ["null", written]))
    found = _impact(folder, {})

    assert found.readers[0].reasons == (
        "MISSING_UNION_BRANCH at /fields/0/type/1: reader union lacking writer type: RECORD",
        "because TYPE_MISMATCH at /fields/0/type: reader type: INT not compatible with writer type: STRING",
    )
    assert (found.readers[0].read_before, found.readers[0].breaks) == (None, True)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("readers/orders-value.avsc", InvalidSchema, "readers/<team>/<subject>.avsc"),
        ("readers/a/b/orders-value.avsc", InvalidSchema, "readers/<team>/<subject>.avsc"),
        ("readers/crm/nobody-value.avsc", InvalidContracts, 'declares no subject "nobody-value"'),
    ],
)
def test_a_reader_in_the_wrong_place_is_refused(folder: Path, path: str, error: type[Exception], message: str) -> None:
    """It would be checked against nothing."""
    write(folder / path, record())

    with pytest.raises(error, match=message):
        load_readers(folder, ["orders-value", "bills-value"])
