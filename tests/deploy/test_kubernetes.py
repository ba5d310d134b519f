"""The manifests: valid, complete, and in step with the services."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.exposed import ROOT, unread
from tests.deploy.files import DEPLOY, rules
from tests.images.build import GRACE

_FOLDER = DEPLOY / "kubernetes"
_NAMES: list[str] = yaml.safe_load((_FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]
_OBJECTS: list[dict[str, Any]] = [
    one for name in _NAMES for one in yaml.safe_load_all((_FOLDER / name).read_text("utf-8"))
]
_PODS = [one for one in _OBJECTS if one["kind"] in ("Deployment", "Job")]
_DEPLOYMENTS = [one for one in _OBJECTS if one["kind"] == "Deployment"]
_SEVERAL = [one for one in _DEPLOYMENTS if one["spec"]["replicas"] > 1]


_MONITORING = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
# Where each service answers probes and metrics.
_OPERATIONS = {"email-service": "operations", "dlq-console": "operations", "notification-service": "http"}


def _name(one: dict[str, Any]) -> str:
    return str(one["metadata"]["name"])


def _of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {_name(one): one for one in _OBJECTS if one["kind"] == kind}


def _container(one: dict[str, Any]) -> dict[str, Any]:
    containers: list[dict[str, Any]] = one["spec"]["template"]["spec"]["containers"]
    assert len(containers) == 1
    return containers[0]


@pytest.mark.parametrize("one", _OBJECTS, ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_a_manifest_is_valid(one: dict[str, Any]) -> None:
    """By the schemas of Kubernetes itself; unknown fields are refused."""
    kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_kustomize_puts_them_together() -> None:
    """Every object, each in the namespace, every image with a tag."""
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run([kubectl, "kustomize", str(_FOLDER)], capture_output=True, text=True, check=True)
    built = list(yaml.safe_load_all(done.stdout))

    assert len(built) == len(_OBJECTS)
    assert {one["metadata"]["namespace"] for one in built} == {"eccs"}
    assert [image for image in re.findall(r"image: (\S+)", done.stdout) if not image.endswith(":0.1.0")] == []


def test_every_file_is_in_the_kustomization() -> None:
    """One that is not would never be applied."""
    assert {path.name for path in _FOLDER.glob("*.yaml")} - {"kustomization.yaml"} == set(_NAMES)


@pytest.mark.parametrize("one", _PODS, ids=_name)
def test_a_pod_has_no_more_than_it_needs(one: dict[str, Any]) -> None:
    """The restricted profile of the pod security standards, a read-only root, and no token of the cluster."""
    pod, container = one["spec"]["template"]["spec"], _container(one)

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("one", _DEPLOYMENTS, ids=_name)
def test_a_service_is_probed_and_protected(one: dict[str, Any]) -> None:
    """Liveness asks for no dependency; a drain has the time that the tests of the images gave it."""
    name, container = _name(one), _container(one)
    port = _OPERATIONS[name]
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}

    assert asked["startup"] == asked["liveness"] == {"path": "/livez", "port": port}
    assert asked["readiness"] == {"path": "/readyz", "port": port}
    assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == GRACE
    for kind in ("Service", "NetworkPolicy"):
        assert name in _of_kind(kind)


def test_what_runs_more_than_once_is_spread_and_scaled() -> None:
    """And nothing else: a budget for a single instance would block every drain of its node."""
    several = {_name(one) for one in _SEVERAL}

    assert several == {"email-service", "notification-service"}
    assert set(_of_kind("PodDisruptionBudget")) == set(_of_kind("HorizontalPodAutoscaler")) == several


@pytest.mark.parametrize("one", _SEVERAL, ids=_name)
def test_a_budget_lets_a_node_be_drained(one: dict[str, Any]) -> None:
    """One that allows nothing blocks every upgrade of the cluster."""
    budget = _of_kind("PodDisruptionBudget")[_name(one)]["spec"]

    assert budget.get("minAvailable", 0) < one["spec"]["replicas"]
    assert budget["selector"] == one["spec"]["selector"]


def test_instances_are_at_most_the_partitions() -> None:
    """One more would have nothing to do."""
    contracts = tomllib.loads((ROOT / "schemas" / "contracts.toml").read_text("utf-8"))
    scaler = _of_kind("HorizontalPodAutoscaler")["notification-service"]["spec"]

    assert scaler["maxReplicas"] == contracts["topics"]["email_requests"]["partitions"]


def test_the_autoscaler_reads_what_is_recorded() -> None:
    """Under the name that docs/deploy.md gives it in the metrics adapter."""
    metric = _of_kind("HorizontalPodAutoscaler")["notification-service"]["spec"]["metrics"][0]["external"]["metric"]

    assert metric["name"] == "eccs_due_backlog"
    assert "eccs:due_backlog:sum" in {rule["record"] for rule in rules("record")}
    assert "eccs:due_backlog:sum" in Path(ROOT / "docs/deploy.md").read_text("utf-8")


@pytest.mark.parametrize("one", _PODS, ids=_name)
def test_each_variable_is_one_that_is_read(one: dict[str, Any]) -> None:
    """A name that nobody reads is a setting that does nothing."""
    given = [entry["name"] for entry in _container(one).get("env", [])] + list(_of_kind("ConfigMap")["eccs"]["data"])

    assert unread(given) == set()


def test_nothing_goes_in_or_out_unless_it_is_said() -> None:
    """A policy for all pods, in both directions, that allows nothing."""
    deny = _of_kind("NetworkPolicy")["default-deny"]["spec"]

    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("one", [one for one in _OBJECTS if one["kind"] == "NetworkPolicy"], ids=_name)
def test_a_policy_allows_named_ports_of_named_peers(one: dict[str, Any]) -> None:
    """Never all ports, and never everybody; the mail server alone may be anywhere."""
    spec = one["spec"]
    anywhere = [
        rule
        for key, peers in (("ingress", "from"), ("egress", "to"))
        for rule in spec.get(key, [])
        if not rule.get("ports") or not rule.get(peers) or any("ipBlock" in peer for peer in rule[peers])
    ]

    assert [rule["ports"] for rule in anywhere] == ([[{"port": 587}]] if _name(one) == "notification-service" else [])


@pytest.mark.parametrize("one", _DEPLOYMENTS, ids=_name)
def test_only_the_monitoring_reaches_operations_and_it_reaches_nothing_else(one: dict[str, Any]) -> None:
    """Callers reach the interface, which has no metrics; every other port is closed."""
    rules = _of_kind("NetworkPolicy")[_name(one)]["spec"]["ingress"]
    allowed = {(rule["from"] == [_MONITORING], port["port"]) for rule in rules for port in rule["ports"]}
    interface = {(False, "http")} if _OPERATIONS[_name(one)] == "operations" else set()

    assert allowed == {(True, _OPERATIONS[_name(one)])} | interface


@pytest.mark.parametrize("name", [name for name, port in _OPERATIONS.items() if port == "operations"])
def test_the_port_for_operations_is_the_same_everywhere(name: str) -> None:
    """In the variable, in the port that is named, and in compose.yaml."""
    container = _container(_of_kind("Deployment")[name])
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    variable = next(entry["value"] for entry in container["env"] if entry["name"] == "OPERATIONS_PORT")
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"][name]

    assert ports["operations"] != ports["http"]
    assert variable == compose["environment"]["OPERATIONS_PORT"] == str(ports["operations"])
    assert f"127.0.0.1:{variable}:{variable}" in compose["ports"]


def test_prometheus_asks_the_ports_for_operations() -> None:
    """Of the services that have metrics, by the numbers that the manifests give these ports."""
    jobs = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    asked = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    numbers = {
        _name(one): port["containerPort"]
        for one in _DEPLOYMENTS
        for port in _container(one)["ports"]
        if port["name"] == _OPERATIONS[_name(one)]
    }

    assert asked == {name: [f"{name}:{numbers[name]}"] for name in ("email-service", "notification-service")}


def _egress(one: dict[str, Any]) -> set[int]:
    """The ports that a pod may reach, by all policies that select it."""
    labels = one["spec"]["template"]["metadata"]["labels"].items()
    policies = [policy["spec"] for policy in _of_kind("NetworkPolicy").values()]
    selected = [spec for spec in policies if spec["podSelector"].get("matchLabels", {}).items() <= labels]
    return {port["port"] for spec in selected for rule in spec.get("egress", []) for port in rule["ports"]}


def test_each_program_reaches_what_it_needs_and_no_more() -> None:
    """Names, broker and registry; the database; and for one of them the mail server."""
    ports = {_name(one): _egress(one) for one in _PODS}

    assert ports == {
        "eccs-contracts": {53, 9093, 8081},
        "email-service": {53, 9093, 8081, 27017},
        "notification-service": {53, 9093, 8081, 27017, 587},
        "dlq-console": {53, 9093, 8081, 27017},
    }
    addresses = _of_kind("ConfigMap")["eccs"]["data"]
    assert set(re.findall(r":(\d+)", addresses["KAFKA_BOOTSTRAP_SERVERS"])) == {"9093"}
    assert addresses["SCHEMA_REGISTRY_URL"].endswith(":8081")


def _secret(one: dict[str, Any]) -> str:
    (volume,) = one["spec"]["template"]["spec"]["volumes"]
    return str(volume["secret"]["secretName"])


def test_each_program_has_a_secret_of_its_own() -> None:
    """So that one which is taken over gives away its own only."""
    names = [_secret(one) for one in _PODS]

    assert sorted(names) == [
        f"eccs-{name}" for name in ("contracts", "dlq-console", "email-service", "notification-service")
    ]


@pytest.mark.parametrize("one", _PODS, ids=_name)
def test_the_document_makes_each_secret_with_the_files_that_are_read(one: dict[str, Any]) -> None:
    """No file is missing, and none is there for nothing."""
    made = re.search(rf"^secret {_secret(one).removeprefix('eccs-')} (.+)$", _DEPLOY, re.MULTILINE)
    values = [entry["value"] for entry in _container(one)["env"]]
    read = {value.removeprefix("/run/secrets/eccs/") for value in values if value.startswith("/run/secrets/eccs/")}

    assert made
    assert {"kafka-username", "kafka-password", *made[1].split()} == read


_DEPLOY = Path(ROOT / "docs/deploy.md").read_text("utf-8")
