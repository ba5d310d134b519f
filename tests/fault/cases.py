"""All cases: importing this module notes them."""

from tests.fault import (
    cases_data,
    cases_kafka,
    cases_order,
    cases_poison,
    cases_process,
    cases_smtp,
    cases_stores,
    cases_transactions,
)
from tests.fault.case import CASES

__all__ = ["CASES", "MODULES"]
MODULES = (
    cases_data,
    cases_kafka,
    cases_order,
    cases_poison,
    cases_process,
    cases_smtp,
    cases_stores,
    cases_transactions,
)
