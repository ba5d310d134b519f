"""Dead letters: what lies in the DLQ, which of it is meant, and what a redrive does with it.

The core is pure: `letters`, `selection`, `statistics`, `decision`, `masking`, `showing`, `audit`, `times`. The
edges are `reading` (Kafka), `store` (MongoDB), `archive` (files), and `redriving` with `settling`, which tie
them together.
"""
