#!/bin/sh
# The rights of each program on the broker: one principal for each, and no right that it does not use.
#
#   KAFKA=kafka-0.kafka:9093 ADMIN=admin.properties sh deploy/kafka/acls.sh
#
# ADMIN is the file with the settings of an administrator. Running it again changes nothing. The broker needs
# authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer and no allow.everyone.if.no.acl.found.
# Read, Write and Alter include Describe; Write includes what idempotent producers need (Kafka 2.8 and later).
set -eu
: "${KAFKA:?the address of a broker}" "${ADMIN:?the file with the settings of an administrator}"

allow() { # PRINCIPAL, then the arguments of kafka-acls.sh
  principal=$1
  shift
  kafka-acls.sh --bootstrap-server "$KAFKA" --command-config "$ADMIN" --add --allow-principal "User:$principal" "$@"
}

allow email-service --topic email_requests --operation Write

allow notification-service --topic email_requests --operation Read
allow notification-service --topic email_requests_retry --operation Read --operation Write
allow notification-service --topic email_dlq --operation Write
allow notification-service --group notification-group --operation Read

# A redrive writes to the topics that dead letters came from, and reads them after a crash.
allow dlq-console --topic email_dlq --operation Read
allow dlq-console --topic email_requests --operation Read --operation Write
allow dlq-console --topic email_requests_retry --operation Read --operation Write
allow dlq-console --group eccs-contracts-reader --operation Describe

for topic in email_requests email_requests_retry email_dlq; do
  allow contracts --topic "$topic" --operation Create --operation Alter --operation AlterConfigs
done
