// Sends every kind of message of older services, and prints a line of JSON for each: where it lies and what is in it.
"use strict";
// kafkajs-lz4 loads its WebAssembly with fetch where there is one, and fetch takes no path of a file.
delete globalThis.fetch;
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require("kafkajs");
const LZ4 = require("kafkajs-lz4");
const Snappy = require("kafkajs-snappy");
const { ZstdCodec } = require("zstd-codec");
const { FIELDS, VALUES, RETRIES, LETTERS, JSON_TYPE, request, now } = require("./kinds.cjs");

const REQUESTS = "email_requests";

async function main() {
  await loadCodecs();
  const kafka = new Kafka({
    brokers: process.env.KAFKA_BOOTSTRAP_SERVERS.split(","),
    clientId: "older-producer",
    logLevel: logLevel.ERROR,
  });
  const producer = kafka.producer();
  await producer.connect();
  const send = async (kind, topic, message, one = {}, options = {}) => {
    const [place] = await producer.send({ topic, messages: [message], ...options });
    const { id, to, subject } = one;
    const line = { kind, topic, partition: place.partition, offset: Number(place.baseOffset), id, to, subject };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  await sendRequests(send);
  await sendValues(send);
  await sendRetries(send);
  await sendLetters(send);
  await sendDuplicates(send);
  await sendCompressed(send);
  await sendTransactions(kafka);
  await producer.disconnect();
}

async function loadCodecs() {
  const zstd = await new Promise((resolve) => ZstdCodec.run((found) => resolve(new found.Simple())));
  CompressionCodecs[CompressionTypes.LZ4] = new LZ4().codec;
  CompressionCodecs[CompressionTypes.Snappy] = Snappy;
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
    decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
  });
}

async function sendRequests(send) {
  for (const [kind, fields] of Object.entries(FIELDS)) {
    const one = request(kind, fields);
    const headers = { ...JSON_TYPE, "x-email-id": String(one.id), "x-user-id": "u1", "x-timestamp": String(now) };
    await send(kind, REQUESTS, { key: String(one.id ?? kind), value: JSON.stringify(one), headers }, one);
  }
}

async function sendValues(send) {
  for (const [kind, { text, key, headers, timestamp }] of Object.entries(VALUES)) {
    const one = request(kind);
    const message = { key: key === undefined ? one.id : key, value: text(JSON.stringify(one)), headers };
    await send(kind, REQUESTS, timestamp === undefined ? message : { ...message, timestamp }, one);
  }
}

async function sendRetries(send) {
  for (const [kind, { fields, headers, domain = "example.com", value, mark }] of Object.entries(RETRIES)) {
    const one = request(kind, { to: `${kind}@${domain}`, ...fields });
    const text = value === null ? null : (mark ? "\ufeff\n" : "") + JSON.stringify(one);
    await send(kind, "email_requests_retry", { key: one.id, value: text, headers }, one);
  }
}

async function sendLetters(send) {
  for (const [kind, { value, headers }] of Object.entries(LETTERS)) {
    const one = request(kind);
    await send(kind, "email_dlq", { key: one.id, value: JSON.stringify(value(one)), headers }, one);
  }
  await send("letter-tombstone", "email_dlq", { key: "tombstone", value: null });
  await send("letter-garbage", "email_dlq", { key: "garbage", value: "garbage" });
}

async function sendDuplicates(send) {
  const first = request("same-id");
  const other = { ...first, to: "same-id-other@example.com", subject: "other" };
  await send("same-id", REQUESTS, { key: first.id, value: JSON.stringify(first) }, first);
  await send("same-id-other", REQUESTS, { key: first.id, value: JSON.stringify(other) }, other);
  const spread = request("same-id-3-partitions");
  for (const partition of [0, 1, 2]) {
    const message = { key: spread.id, partition, value: JSON.stringify(spread) };
    await send("same-id-3-partitions", REQUESTS, message, spread);
  }
}

async function sendCompressed(send) {
  for (const [name, compression] of [["gzip", 1], ["snappy", 2], ["lz4", 3], ["zstd", 4]]) {
    const one = request(`batch-${name}`, { body: "B ".repeat(500) });
    await send(`batch-${name}`, REQUESTS, { key: one.id, value: JSON.stringify(one) }, one, { compression });
  }
}

async function sendTransactions(kafka) {
  const transactional = kafka.producer({ transactionalId: `older-${now}`, maxInFlightRequests: 1, idempotent: true });
  await transactional.connect();
  for (const [kind, end] of [["transaction-aborted", "abort"], ["transaction-committed", "commit"]]) {
    const one = request(kind);
    const transaction = await transactional.transaction();
    const [place] = await transaction.send({ topic: REQUESTS, messages: [{ key: one.id, value: JSON.stringify(one) }] });
    await transaction[end]();
    const line = { kind, topic: REQUESTS, partition: place.partition, offset: Number(place.baseOffset), id: one.id };
    process.stdout.write(`${JSON.stringify({ ...line, to: one.to, subject: one.subject })}\n`);
  }
  await transactional.disconnect();
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
