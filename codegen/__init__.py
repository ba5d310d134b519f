"""From Avro schemas to typed Python: parse, decide, render."""
