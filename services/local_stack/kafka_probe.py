"""Whether a Kafka broker answers, asked with an admin client as any client would."""

import contextlib
from collections.abc import Mapping


def cluster_id(bootstrap: str, settings: Mapping[str, str] | None = None) -> str | None:
    """The id of the cluster that answers at the address within a second; None when nothing does."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    # A new client each time: librdkafka backs off for longer the more often a connection failed.
    # log_level 0: that a broker is not there yet is what the question is about.
    try:
        client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, **(settings or {})})
        found = client.list_topics(timeout=1.0)
    except KafkaException:
        return None
    return (found.cluster_id or "") if found.brokers else None


def wake_coordinator(bootstrap: str) -> None:
    """Makes a new broker create the topic of its group coordinator now, not when the first group joins.

    That group would wait three seconds (librdkafka's retry); asking about any group costs a tenth of one.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    # The answer itself may be an error: the coordinator is only about to be there.
    with contextlib.suppress(KafkaException):
        client.describe_consumer_groups(["wake-up"], request_timeout=5.0)["wake-up"].result()
