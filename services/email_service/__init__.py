"""Takes e-mail requests over HTTP and publishes them to Kafka; answers 202 once the broker has them."""
