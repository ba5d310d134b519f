"""Reports for machines, read back by something else than what wrote them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from compat_checks.edits import apply_edits
from compat_checks.findings import Finding, Severity
from compat_checks.lint import LINT_RULES
from compat_checks.report import FORMATS, Options
from compat_checks.review import Review
from compat_checks.rules import RULES
from compat_checks.source import Source
from tests.unit.report.golden import rendered
from tests.unit.report.reviews import ODD, ODD_PATH, ODD_VALUE, ORDER, REQUIRED, REVIEWS, subject

SARIF_SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif-2.1.0-rtm.5.json").read_text("utf-8"))
_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def _lines(position: dict[str, int]) -> tuple[int, int]:
    return position["line"] - 1, position["column"] - 1


def _replaced(text: str, replacements: list[dict[str, Any]]) -> str:
    """The text after replacements, each with `start`, `end` and `text`; done from the last to the first."""
    lines = text.splitlines(keepends=True)
    for one in sorted(replacements, key=lambda each: _lines(each["start"]), reverse=True):
        (first, begin), (last, end) = _lines(one["start"]), _lines(one["end"])
        lines[first : last + 1] = [lines[first][:begin] + one["text"] + lines[last][end:]]
        lines = "".join(lines).splitlines(keepends=True)
    return "".join(lines)


def _sarif_replacements(fix: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "start": {"line": region["startLine"], "column": region["startColumn"]},
            "end": {"line": region["endLine"], "column": region["endColumn"]},
            "text": one["insertedContent"]["text"],
        }
        for one in fix["artifactChanges"][0]["replacements"]
        for region in [one["deletedRegion"]]
    ]


def _command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command, unescaped as the runner does it: `%25` last."""
    found = _COMMAND.fullmatch(line)
    assert found
    pairs = (one.partition("=") for one in found[2].split(","))
    properties = {key: _unescaped(value.replace("%3A", ":").replace("%2C", ",")) for key, _, value in pairs}
    return found[1], properties, _unescaped(found[3])


def _unescaped(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


@pytest.mark.parametrize("name", REVIEWS)
def test_sarif_is_valid(name: str) -> None:
    """Against the schema of SARIF itself."""
    jsonschema.validate(json.loads(rendered(name, "sarif")), SARIF_SCHEMA, cls=jsonschema.Draft4Validator)


def test_sarif_is_valid_with_every_rule() -> None:
    """Each known rule is described, whether it found something or not."""
    rules = {rule.id: rule for rule in (*RULES, *LINT_RULES)}
    document = json.loads(FORMATS["sarif"](REVIEWS["many"], Options(rules=rules, tool_version="1.2.3")))

    jsonschema.validate(document, SARIF_SCHEMA, cls=jsonschema.Draft4Validator)
    described = [one["id"] for one in document["runs"][0]["tool"]["driver"]["rules"] if "help" in one]
    assert described == list(rules)


@pytest.mark.parametrize("name", REVIEWS)
def test_every_sarif_result_has_a_file_and_a_line(name: str) -> None:
    """GitHub refuses those that have none."""
    for result in json.loads(rendered(name, "sarif"))["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].startswith("contracts/schemas/")
        assert place["region"]["startLine"] >= 1


def test_sarif_fixes_do_what_the_edits_do() -> None:
    """A tool that applies the replacements gets the text that `fix` writes."""
    result = json.loads(rendered("many", "sarif"))["runs"][0]["results"][0]

    texts = [_replaced(ORDER.text, _sarif_replacements(fix)) for fix in result["fixes"]]

    assert result["message"]["text"].startswith("`priority`")
    assert texts == [apply_edits(ORDER.text, fix.edits) for fix in REQUIRED.fixes]


def test_json_fixes_do_what_the_edits_do() -> None:
    """By line and column, in a text with tabs and characters beyond the first plane."""
    finding = json.loads(rendered("unicode", "json"))["subjects"][0]["findings"][1]
    fix = REVIEWS["unicode"].subjects[0].findings[1].fixes[0]

    assert _replaced(ODD.text, finding["fixes"][0]["replacements"]) == apply_edits(ODD.text, fix.edits)


def test_sarif_paths_are_uris() -> None:
    """Spaces, percent signs and brackets are escaped, and come back."""
    result = json.loads(rendered("unicode", "sarif"))["runs"][0]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    assert uri.isascii()
    assert " " not in uri
    assert unquote(uri) == f"contracts/schemas/{ODD_PATH}"


def test_an_absolute_folder_gives_file_uris() -> None:
    """Where nobody says what the root of the repository is."""
    run = json.loads(FORMATS["sarif"](Review("check", "/srv/s", (subject(REQUIRED),)), Options()))["runs"][0]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]

    assert artifact == {"uri": "file:///srv/s/com/shop/Order.avsc"}


def test_sarif_suppresses_what_is_waived() -> None:
    """With the reason."""
    [result] = json.loads(rendered("waived", "sarif"))["runs"][0]["results"]

    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "nobody reads prices yet (ann, until 2027-01-31)",
        }
    ]


@pytest.mark.parametrize("name", REVIEWS)
def test_json_regions_hold_the_value(name: str) -> None:
    """What stands between start and end is JSON, and the value at the pointer."""
    document = json.loads(rendered(name, "json"))
    found = [*document["findings"], *(one for each in document["subjects"] for one in each["findings"])]
    for one in found:
        location = one["location"]
        if location is None or not location["path"].endswith(".avsc"):
            continue
        source = ODD if location["path"].endswith(ODD_PATH) else ORDER
        assert json.loads(_between(source, location)) == _value(source, location["pointer"])


def _between(source: Source, location: dict[str, Any]) -> str:
    lines = source.text.split("\n")
    (first, begin), (last, end) = _lines(location["start"]), _lines(location["end"])
    return (
        lines[first][begin:end]
        if first == last
        else "\n".join([lines[first][begin:], *lines[first + 1 : last], lines[last][:end]])
    )


def _value(source: Source, pointer: str) -> Any:
    value = json.loads(source.text)
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def test_json_counts() -> None:
    """The summary and the verdict of the run."""
    document = json.loads(rendered("many", "json"))

    assert (document["version"], document["passed"]) == (1, False)
    assert document["summary"] == {"errors": 5, "warnings": 2, "infos": 0, "waived": 0, "subjects": 3}


@pytest.mark.parametrize("fail_on", Severity)
@pytest.mark.parametrize("name", REVIEWS)
def test_junit_is_red_exactly_where_the_check_fails(name: str, fail_on: Severity) -> None:
    """Whatever the severity that fails."""
    root = ET.fromstring(FORMATS["junit"](REVIEWS[name], Options(fail_on=fail_on)))  # noqa: S314  our own text

    assert (root.get("failures") != "0") is REVIEWS[name].fails(fail_on)


@pytest.mark.parametrize("name", REVIEWS)
def test_junit_counts_are_those_of_the_cases(name: str) -> None:
    """Of each suite, and of all together."""
    root = ET.fromstring(rendered(name, "junit"))  # noqa: S314  our own text

    for part in (root, *root.findall("testsuite")):
        cases = list(part.iter("testcase"))
        counts = [len(cases), *(sum(one.find(tag) is not None for one in cases) for tag in ("failure", "skipped"))]
        assert [int(part.get(key, "")) for key in ("tests", "failures", "skipped")] == counts


def test_every_subject_has_a_junit_case() -> None:
    """A CI server drops a suite without one."""
    root = ET.fromstring(rendered("none", "junit"))  # noqa: S314  our own text

    assert [len(suite.findall("testcase")) for suite in root] == [1, 1]


def test_github_commands_come_back_as_they_were() -> None:
    """Percent signs, commas, colons and line breaks survive, and none of them ends a command."""
    [first, *others] = rendered("unicode", "github").splitlines()
    kind, properties, message = _command(first)

    assert (kind, len(others)) == ("warning", 2)
    assert properties == {
        "file": f"contracts/schemas/{ODD_PATH}",
        "line": "2",
        "endLine": "2",
        "col": "49",
        "endColumn": "80",
        "title": "DEFAULT_VALUE_CHANGED at R.größe",
    }
    assert message.split("\n")[-2] == f"because: {ODD_VALUE.cause[0]}"
    assert message.split("\n")[-1] == "help: [keep it](https://example.org) as_it_is \\ud800"


def test_github_gets_no_columns_over_several_lines() -> None:
    """It refuses an annotation that has them."""
    [line] = rendered("one", "github").splitlines()

    assert list(_command(line)[1]) == ["file", "line", "endLine", "title"]


def test_github_gets_the_gravest_first() -> None:
    """It shows ten of a kind."""
    kinds = [line.split(" ")[0] for line in rendered("many", "github").splitlines()]

    assert kinds == ["::error"] * 5 + ["::warning"] * 2


def test_gitlab_fingerprints_are_unique() -> None:
    """The same finding against two baselines is two issues."""
    twice = Review("check", "schemas", (subject(REQUIRED), subject(REQUIRED, baseline="git:main")))

    issues = json.loads(FORMATS["gitlab"](twice, Options()))

    assert len({one["fingerprint"] for one in issues}) == 2


@pytest.mark.parametrize("name", REVIEWS)
def test_gitlab_issues_have_what_gitlab_asks_for(name: str) -> None:
    """Its documentation of the Code Quality report lists the keys and the severities."""
    for issue in json.loads(rendered(name, "gitlab")):
        assert list(issue) == ["description", "check_name", "fingerprint", "severity", "location"]
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert isinstance(issue["location"]["lines"]["begin"], int)
        assert not issue["location"]["path"].startswith(("/", "./"))


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab"])
def test_json_reports_are_ascii(name: str) -> None:
    """They survive every pipe, with unpaired surrogates too."""
    assert rendered("unicode", name).isascii()


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_can_be_written_as_utf_8(name: str) -> None:
    """An unpaired surrogate in a schema stops none of them."""
    odd = Finding(rule="R", severity=Severity.ERROR, message="odd", hint="\ud800", breaks=("\udfff",))

    assert FORMATS[name](Review("lint", "schemas", findings=(odd,)), Options()).encode()
