"""`fix`: which fixes are made together, what they come to, and how files are written."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from compat_checks import fixes
from compat_checks.errors import FileChanged
from compat_checks.files import SchemaFiles
from compat_checks.findings import Edit, Finding, Fix, Severity
from compat_checks.fix import MAX_ROUNDS, FileFix, FixPlan, fix_until_stable, planned, write
from compat_checks.schema import Record
from tests.unit.fixing import ORDER, TEXTS, field, finding, fix, set_doc

# Fixes put together


def test_fixes_of_one_file_are_made_together() -> None:
    """Indexes count in the file as it was found, whatever the fixes before moved."""
    fixes_made = [
        fix(Edit("remove", "/fields/0"), title="Remove"),
        fix(Edit("add", "/fields/1", {"name": "x", "type": "int"}), title="Insert"),
        fix(set_doc("/fields/2"), title="Document"),
    ]
    plan = planned([finding(one) for one in fixes_made], TEXTS)

    (one,) = plan.files
    assert one.titles == ("Remove", "Insert", "Document")
    assert [item["name"] for item in json.loads(one.new)["fields"]] == ["x", "state", "note"]
    assert json.loads(one.new)["fields"][2]["doc"] == "D."


def test_the_first_decided_fix_is_taken() -> None:
    """The undecided ones before it are a person's."""
    plan = planned(
        [finding(fix(set_doc("", "no"), decided=False), fix(set_doc("", "yes")), fix(set_doc("", "no")))], TEXTS
    )

    assert json.loads(plan.files[0].new)["doc"] == "yes"


def test_identical_fixes_are_made_once() -> None:
    """Two findings, one change, and none is left."""
    restored = Edit("add", "/fields/0", {"name": "x", "type": "int"})
    plan = planned([finding(fix(restored), rule="A"), finding(fix(restored), rule="B")], TEXTS)

    assert (plan.files[0].titles, plan.left) == (("Do it",), ())
    assert len(json.loads(plan.files[0].new)["fields"]) == 4


@pytest.mark.parametrize(
    "second",
    [
        Edit("add", "/fields/0/doc", "other"),
        Edit("remove", "/fields/0"),
        Edit("replace", "/fields", []),
        Edit("add", "/fields/0/doc/inside", 1),
    ],
)
def test_of_fixes_in_conflict_the_first_wins(second: Edit) -> None:
    """The other one is left for the next run, with the reason."""
    plan = planned([finding(fix(set_doc("/fields/0"), title="First")), finding(fix(second), rule="B")], TEXTS)

    assert plan.files[0].titles == ("First",)
    assert [(one.finding.rule, one.reason) for one in plan.left] == [
        ("B", "run fix again: it touches what another fix changes: First")
    ]


def test_what_stands_in_a_removed_item_is_in_conflict() -> None:
    """There is nothing any more to change."""
    plan = planned([finding(fix(Edit("remove", "/fields/0"))), finding(fix(set_doc("/fields/0")))], TEXTS)

    assert len(plan.left) == 1


def test_two_fixes_that_agree_on_an_edit_are_no_conflict() -> None:
    """It is made once, and the rest of the second fix as well."""
    one, other = fix(set_doc("/fields/0")), fix(set_doc("/fields/0"), set_doc("/fields/1"))
    plan = planned([finding(one), finding(other)], TEXTS)

    assert plan.left == ()
    assert [item.get("doc") for item in json.loads(plan.files[0].new)["fields"]] == ["D.", "D.", None]


LEFT: dict[str, tuple[tuple[Fix, ...], str]] = {
    "no fix": ((), "there is no fix for it"),
    "undecided": ((fix(set_doc(""), decided=False),), "which of its fixes is meant, a person has to decide"),
    "another kind of file": (
        (fix(set_doc(""), path="contracts.toml"),),
        "its fix is not in a schema file but in contracts.toml",
    ),
    "a wrong pointer": (
        (fix(set_doc("/nowhere")),),
        'the edit at "/nowhere/doc" does not fit: there is no key "nowhere"',
    ),
    "half of it fits": (
        (fix(set_doc(""), Edit("remove", "/x")),),
        'the edit at "/x" does not fit: there is no key "x"',
    ),
    "done already": ((fix(Edit("add", "/name", "Order")),), "its fix changes nothing"),
    "no schema": (
        (fix(Edit("add", "/fields/0/type", "nothing")),),
        'the result would be no schema: order.avsc:6:28: at /fields/0/type: "nothing" is not a type',
    ),
}


@pytest.mark.parametrize("case", LEFT)
def test_a_finding_that_stays_has_a_reason(case: str) -> None:
    """Nothing is changed for it, and the fix beside it is made all the same."""
    suggested, reason = LEFT[case]
    plan = planned([finding(*suggested, rule="LEFT"), finding(fix(set_doc("/fields/1"), title="Good"))], TEXTS)

    assert [one.finding.rule for one in plan.left] == ["LEFT"]
    assert plan.left[0].reason.startswith(reason)
    assert plan.left[0].titles == tuple(one.title for one in suggested)
    assert plan.files[0].titles == ("Good",)
    assert json.loads(plan.files[0].new).keys() == {"type", "name", "namespace", "fields"}


def test_waived_findings_are_neither_fixed_nor_left() -> None:
    """Somebody decided them."""
    assert planned([finding(fix(set_doc("")), waived="agreed")], TEXTS) == FixPlan()


def test_a_fix_that_breaks_another_file_is_not_made() -> None:
    """All files are read together."""
    texts = {**TEXTS, "other.avsc": '{"type": "array", "items": "shop.State"}'}
    plan = planned([finding(fix(Edit("replace", "/fields/1/type/name", "Status")))], texts)

    assert plan.files == ()
    assert "other.avsc" in plan.left[0].reason


# Rounds


def _missing_docs(texts: Mapping[str, str]) -> list[Finding]:
    """One fix each round: the first field without a doc."""
    schema = SchemaFiles(texts).schema("order.avsc")
    assert isinstance(schema, Record)
    missing = [one for one in schema.fields if one.doc is None]
    return [
        Finding(rule="DOC", severity=Severity.ERROR, message=one.name, fixes=(fixes.set_value(one.place, "doc", "D."),))
        for one in missing[:1]
    ]


def test_rounds_go_on_until_nothing_is_found() -> None:
    """The plan is from the first text to the last."""
    plan = fix_until_stable(_missing_docs, TEXTS)

    assert plan.left == ()
    assert plan.files[0].old == ORDER
    assert plan.files[0].new.count('"doc": "D."') == 3
    assert len(plan.files[0].titles) == 3


def test_a_fix_that_does_not_end_its_finding_is_made_once() -> None:
    """Else it would be made in each round."""

    def check(texts: Mapping[str, str]) -> list[Finding]:
        return [finding(fix(Edit("add", "/fields/0/aliases", [f"a{len(texts['order.avsc'])}"])))]

    plan = fix_until_stable(check, TEXTS)

    assert plan.files[0].titles == ("Do it",)
    assert [one.reason for one in plan.left] == ["the fix was made and did not end it: Do it"]


def test_fixes_that_never_end_stop_after_the_last_round() -> None:
    """Their findings are left."""

    def check(texts: Mapping[str, str]) -> list[Finding]:
        size = str(len(texts["order.avsc"]))
        return [finding(fix(set_doc("", "D" * 500 + size), title=size))]

    plan = fix_until_stable(check, TEXTS)

    assert len(plan.files[0].titles) <= MAX_ROUNDS
    assert len(plan.left) == 1


# Fixes that depend on each other


REQUEST = '{"type": "record", "name": "Request", "fields": [{"name": "owner", "type": "string"}]}'
RETRY = '{"type": "record", "name": "Retry", "fields": [{"name": "user", "type": "string"}]}'


def _rename_and_drift(texts: Mapping[str, str]) -> list[Finding]:
    """The request renamed `user`; the retry has to carry whatever the request has."""
    files = SchemaFiles(texts)
    request, retry = files.schema("request.avsc"), files.schema("retry.avsc")
    assert isinstance(request, Record)
    assert isinstance(retry, Record)
    (source,) = request.fields
    keep = Fix("Keep the name", "request.avsc", (Edit("replace", "/fields/0/name", "user"),))
    copied = fixes.restore_field(retry, source, 0)
    found = [finding(copied, rule="DRIFT")] if all(one.name != source.name for one in retry.fields) else []
    return [*found, *([finding(keep, rule="RENAMED")] if source.name == "owner" else [])]


def test_what_is_copied_from_a_file_waits_for_the_fixes_of_that_file() -> None:
    """The renamed field is not copied, for its old name is back in the round after."""
    plan = fix_until_stable(_rename_and_drift, {"request.avsc": REQUEST, "retry.avsc": RETRY})

    assert [one.path for one in plan.files] == ["request.avsc"]
    assert plan.left == ()


def test_what_is_copied_does_not_wait_for_fixes_that_cannot_be_made() -> None:
    """Else it would never be made."""
    texts = {"request.avsc": REQUEST, "retry.avsc": RETRY}
    (drift, _) = _rename_and_drift(texts)
    plan = planned([drift, finding(fix(Edit("remove", "/nothing"), path="request.avsc"))], texts)

    assert [one.path for one in plan.files] == ["retry.avsc"]


def test_two_fixes_that_move_the_items_of_one_array_take_two_rounds() -> None:
    """Each counts in what its own edits left; the second is asked for again."""
    first = fix(Edit("add", "/fields/2/type/0", "int"), title="Insert")
    second = fixes.order_branches(field("note", ORDER.replace('"-"', "null")))
    text = ORDER.replace('"-"', "null")
    plan = planned([finding(first), finding(second, rule="ORDER")], {"order.avsc": text})

    assert plan.files[0].titles == ("Insert",)
    assert [one.finding.rule for one in plan.left] == ["ORDER"]


# The diff, and the files


def test_a_plan_is_told_in_lines() -> None:
    """The diff, what it does, and what a person has to do."""
    stays = Finding(
        rule="STAYS",
        severity=Severity.ERROR,
        message="wrong",
        place=field("id").place,
        element="Order.id",
        hint="ask",
        fixes=(fix(set_doc(""), title="Perhaps", decided=False),),
    )
    plan = planned([finding(fix(set_doc(""))), stays], TEXTS)

    told = list(plan.lines())

    assert told[:2] == ["--- a/order.avsc", "+++ b/order.avsc"]
    assert told[-5:] == [
        "order.avsc: Do it",
        "left: order.avsc:6:5 STAYS Order.id: wrong",
        "  why: which of its fixes is meant, a person has to decide",
        "  possible: Perhaps",
        "  hint: ask",
    ]


def test_the_diff_is_one_that_git_applies(tmp_path: Path) -> None:
    """Also where the last line has no line break."""
    texts = {"a/order.avsc": ORDER, "b.avsc": '{"type": "fixed", "name": "F", "size": 1}'}
    found = [
        finding(fix(set_doc("/fields/0"), path="a/order.avsc")),
        finding(fix(set_doc(""), path="b.avsc")),
    ]
    plan = planned(found, texts)
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)

    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=plan.diff.encode(), check=True)

    assert {path: (tmp_path / path).read_text() for path in texts} == {one.path: one.new for one in plan.files}


def test_a_file_keeps_its_mode_and_its_line_breaks(tmp_path: Path) -> None:
    """The text was read with LF, as Python does, and the file has CRLF but for one line."""
    path = tmp_path / "order.avsc"
    raw = ORDER.replace("\n", "\r\n").replace('"Order",\r\n', '"Order",\n').encode()
    path.write_bytes(raw)
    path.chmod(0o640)
    plan = planned([finding(fix(set_doc("")))], {"order.avsc": path.read_text("utf-8")})

    assert write(plan, tmp_path) == (path,)
    assert path.read_bytes() == raw.replace(b'"shop",\r\n', b'"shop",\r\n  "doc": "D.",\r\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_link_points_to_is_written(tmp_path: Path) -> None:
    """The link stays one."""
    (tmp_path / "real.avsc").write_text(ORDER)
    (tmp_path / "order.avsc").symlink_to("real.avsc")

    write(planned([finding(fix(set_doc("")))], TEXTS), tmp_path)

    assert (tmp_path / "order.avsc").is_symlink()
    assert '"doc": "D."' in (tmp_path / "real.avsc").read_text()


def test_nothing_is_written_when_a_file_changed_meanwhile(tmp_path: Path) -> None:
    """Not even the files that did not."""
    (tmp_path / "a.avsc").write_text("1")
    (tmp_path / "b.avsc").write_text("somebody was here")
    plan = FixPlan((FileFix("a.avsc", "1", "2", ()), FileFix("b.avsc", "1", "2", ())))

    with pytest.raises(FileChanged, match=r"b\.avsc: the file changed since it was read"):
        write(plan, tmp_path)

    assert (tmp_path / "a.avsc").read_text() == "1"
