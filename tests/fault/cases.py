"""All cases: importing this module notes them."""

from importlib import import_module

from tests.fault.case import CASES

__all__ = ["CASES"]

for name in ("data", "kafka", "order", "poison", "process", "smtp", "stores", "transactions"):
    import_module(f"tests.fault.cases_{name}")
