import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAmqpUrn } from "../../src/core/targets/target-amqp.ts";
import { parseKafkaUrn } from "../../src/core/targets/target-kafka.ts";
import { parseMqttUrn } from "../../src/core/targets/target-mqtt.ts";
import { originOf, parseTarget } from "../../src/core/targets/target.ts";
import { isFault } from "../../src/core/values/fault.ts";

test("a target of a broker is returned as it was written", () => {
  const targets = [
    { urn: "amqp://localhost/%2F/events/a.b", amqp: { persistent: false, priority: 3, expiration: "PT1M" } },
    { urn: "AMQPS://u:p@host:1/v//queue", headers: { "x-site": "lyon" } },
    { urn: "kafka://a:1,b:2/topic", kafka: { key: "é", partition: 0, sasl: "scram-sha-512" } },
    { urn: "kafkas://u:p@[::1]:9093/topic", kafka: {} },
    { urn: "mqtt://u@host/a/b//c", mqtt: { retain: true, expiry: "PT1H" } },
    { urn: "mqtts://host//a" },
  ];
  for (const target of targets) assert.deepEqual(parseTarget(target), target);
});

test("a URN of AMQP names vhost, exchange and routing key, decoded", () => {
  const cases = [
    ["amqp://h/%2F/e/k", "h", 5672, "/", "e", "k"],
    ["amqps://h/v/e", "h", 5671, "v", "e", ""],
    ["amqp://H.example:99/v/e/", "h.example", 99, "v", "e", ""],
    ["amqp://[::1]/a%2Fb//q%20q", "::1", 5672, "a/b", "", "q q"],
    ["amqp://0x7f.1/v//q", "127.0.0.1", 5672, "v", "", "q"],
  ] as const;
  for (const [urn, hostname, port, vhost, exchange, routingKey] of cases) {
    const isSecure = urn.startsWith("amqps");
    assert.deepEqual(parseAmqpUrn(urn), { isSecure, host: { hostname, port }, vhost, exchange, routingKey }, urn);
  }
  const parsed = parseAmqpUrn("amqp://a%40b:c:%2F@h/v//q");
  assert.deepEqual(isFault(parsed) ? parsed : parsed.userinfo, { user: "a@b", password: "c:/" });
});

test("a URN of Kafka names brokers and a topic, one of MQTT a broker and a topic", () => {
  assert.deepEqual(parseKafkaUrn("kafkas://u:p%2F@a,B:1,[::1]/t.x_-"), {
    isSecure: true,
    userinfo: { user: "u", password: "p/" },
    hosts: [{ hostname: "a", port: 9093 }, { hostname: "b", port: 1 }, { hostname: "::1", port: 9093 }],
    topic: "t.x_-",
  });
  assert.deepEqual(parseMqttUrn("mqtts://h/a/b%20c/"), {
    isSecure: true,
    host: { hostname: "h", port: 8883 },
    topic: "a/b c/",
  });
});

test("what is wrong with a URN of a broker is told at its place, with the way out", () => {
  const cases: readonly (readonly [urn: string, message: RegExp, position?: number, suggestion?: string])[] = [
    ["amqp://", /names a host/, 7, "amqp://localhost/%2F/exchange/routing.key"],
    ["amqp://h", /starts with the vhost/, 8, "amqp://h/%2F/exchange/routing.key"],
    ["amqp://h/", /starts with the vhost/, 9, "amqp://h/%2F/exchange/routing.key"],
    ["amqp://h//e/k", /starts with the vhost/, 9, "amqp://h/%2F/e/k"],
    ["amqp://u:secret@h//e/k", /starts with the vhost/, 18],
    ["amqp://h/v", /names an exchange/, 9],
    ["amqp://h/v//", /names an exchange/, 9],
    ["amqp://h/v/e/k/x", /%2F stands for a slash/, 9],
    ["amqp://h/v/e/%ff", /percent-encoded/, 9],
    ["amqp://h/v/e/%00", /control/, 9],
    [`amqp://h/v/e/${"x".repeat(256)}`, /at most 255 bytes/, 9],
    ["amqp://h/v/e/k?heartbeat=1", /no query/, 14],
    ["amqp://h/v/e/k#x", /fragment/, 14],
    ["amqp://h:0/v/e", /port/, 7],
    ["amqp://h:x/v/e", /host/, 7],
    ["amqp://a,b/v/e", /one host/, 8],
    ["amqp://%zz@h/v/e", /percent-encoded/, 7],
    ["amqp://u:%00@h/v/e", /control/, 7],
    ["kafka://h", /slash and the topic/, 9],
    ["kafka://h/", /slash and the topic/, 10],
    ["kafka://h/a/b", /name of a topic/, 10],
    ["kafka://h/..", /name of a topic/, 10],
    ["kafka://a,,b/t", /names a host/, 10, "kafka://localhost:9092/topic"],
    ["kafka://a,b:99999/t", /port/, 10],
    [`kafka://${Array.from({ length: 17 }, () => "a").join()}/t`, /at most 16 hosts/, 39],
    ["mqtt://h", /slash and the topic/, 8],
    ["mqtt://h/a/+/b", /wildcards/, 9],
    ["mqtt://h/a/%23", /wildcards/, 9],
    ["mqtt://h/$SYS/x", /broker's own/, 9],
  ];
  for (const [urn, message, position, suggestion] of cases) {
    for (const [value, field] of [[urn, "target"], [{ urn }, "target.urn"]] as const) {
      const found = parseTarget(value);
      assert.ok(isFault(found), urn);
      assert.match(found.message, message, urn);
      assert.deepEqual([found.field, found.position, found.suggestion], [field, position, suggestion], urn);
      if (suggestion !== undefined) assert.equal(isFault(parseTarget(suggestion)), false);
      assert.equal(JSON.stringify(found).includes("secret"), false);
    }
  }
});

test("what is wrong with an option of a broker is told by its field", () => {
  const [amqp, kafka, mqtt] = ["amqp://h/v/e/k", "kafka://h/t", "mqtt://h/t"];
  const cases: readonly (readonly [value: unknown, field: string, suggestion?: string])[] = [
    [{ urn: amqp, method: "POST" }, "target.method"],
    [{ urn: amqp, kafka: {} }, "target.kafka"],
    [{ urn: "http://h/", kafka: {} }, "target.kafka"],
    [{ urn: amqp, amqp: [] }, "target.amqp"],
    [{ urn: amqp, amqp: null }, "target.amqp"],
    [{ urn: amqp, amqp: { persist: true } }, "target.amqp.persist"],
    [{ urn: amqp, amqp: { constructor: true } }, "target.amqp.constructor"],
    [{ urn: amqp, amqp: { persistent: 1 } }, "target.amqp.persistent"],
    [{ urn: amqp, amqp: { priority: 256 } }, "target.amqp.priority"],
    [{ urn: amqp, amqp: { expiration: "PT0S" } }, "target.amqp.expiration"],
    [{ urn: amqp, amqp: { expiration: "P50D" } }, "target.amqp.expiration"],
    [{ urn: amqp, amqp: { expiration: "1m" } }, "target.amqp.expiration", "PT1M"],
    [{ urn: kafka, kafka: { key: 5 } }, "target.kafka.key"],
    [{ urn: kafka, kafka: { key: "é".repeat(513) } }, "target.kafka.key"],
    [{ urn: kafka, kafka: { key: "\ud800" } }, "target.kafka.key"],
    [{ urn: kafka, kafka: { partition: -1 } }, "target.kafka.partition"],
    [{ urn: kafka, kafka: { partition: 1.5 } }, "target.kafka.partition"],
    [{ urn: kafka, kafka: { sasl: "SCRAM-SHA-256" } }, "target.kafka.sasl", "scram-sha-256"],
    [{ urn: kafka, kafka: { sasl: "gssapi" } }, "target.kafka.sasl"],
    [{ urn: mqtt, mqtt: { retain: "yes" } }, "target.mqtt.retain"],
    [{ urn: mqtt, mqtt: { expiry: "PT0.5S" } }, "target.mqtt.expiry"],
    [{ urn: mqtt, headers: { "content-type": "x" } }, "target.headers.content-type"],
  ];
  for (const [value, field, suggestion] of cases) {
    const found = parseTarget(value);
    assert.ok(isFault(found), JSON.stringify(value));
    assert.deepEqual([found.field, found.suggestion], [field, suggestion]);
  }
});

test("the origin of a broker is where it listens, whatever the event is sent to there", () => {
  const cases = [
    ["amqp://u:p@h/v/e/k", "amqp://h:5672"],
    ["amqps://h/v//q", "amqps://h:5671"],
    ["kafka://a:1,b:2/topic", "kafka://a:1,b:2"],
    ["kafka://a/topic", "kafka://a:9092"],
    ["mqtt://h/a/b", "mqtt://h:1883"],
    ["mqtts://h:1/a/b", "mqtts://h:1"],
  ] as const;
  for (const [urn, origin] of cases) assert.equal(originOf({ urn }), origin);
});
