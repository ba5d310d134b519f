"""Typed Python from Avro schemas: parse, decide, render."""
