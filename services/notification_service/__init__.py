"""Delivers e-mail requests from Kafka over SMTP, retries what fails for now, parks the rest."""
