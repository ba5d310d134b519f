"""The schema registry: an embedded one that speaks Confluent's API, and a client that applies our contracts to any."""
