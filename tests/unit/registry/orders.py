"""Orders whose versions are planned and applied."""

from __future__ import annotations

from typing import Any

from compat_checks.registry.apply import apply_plan
from compat_checks.registry.client import RegistryClient
from compat_checks.registry.plan import Kind, Plan

SUBJECT = "orders-value"


def order(*fields: str, **more: Any) -> dict[str, Any]:
    """An order; a field whose name ends with ? has a default."""
    made = [
        {"name": one.rstrip("?"), "type": "int", **({"default": 0} if one.endswith("?") else {}), "doc": "d"}
        for one in fields
    ]
    return {"type": "record", "name": "Order", "namespace": "shop", "doc": "d", "fields": made, **more}


def steps(plan: Plan) -> list[str]:
    """The steps, as people read them."""
    return [str(one) for one in plan.steps]


def kinds(plan: Plan) -> list[Kind]:
    """What the remarks are about."""
    return [one.kind for one in plan.remarks]


def carry_out(plan: Plan, client: RegistryClient) -> list[str]:
    """Apply a plan to its end."""
    return list(apply_plan(plan, client))
