"""Dead letters: what lies in the DLQ, which of it is meant, and what a redrive does with it.

The core is pure: `letters`, `selection`, `statistics`, `decision`, `masking`, `showing`, `audit`, `times`. The
edges are `reading` (Kafka), `store` (MongoDB), `locking`, `archive` (files). `redriving` and `settling` tie them
together, and `performing.perform` is a whole redrive in one call.
"""
