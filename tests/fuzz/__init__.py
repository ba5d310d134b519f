"""Damaged messages by the hundred thousand; the suite runs a few of them, `python -m tests.fuzz` all."""
