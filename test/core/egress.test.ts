import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { test } from "node:test";
import { egressFault, PLAIN_RULES } from "../../src/core/targets/egress.ts";
import { urnFault } from "../../src/core/targets/target-urn.ts";
import { isIn, parseAddress, parseBlock, reachOf } from "../../src/core/values/address.ts";
import { chanceOf } from "../chance.ts";
import { LITERALS, LOOPBACK, MALFORMED, SPELLINGS } from "../forbidden.ts";
import { World } from "../world.ts";

const NEVER = [
  "169.254.169.254",
  "169.254.0.1",
  "fe80::1",
  "fe80::1%eth0",
  "febf::1",
  "ff02::1",
  "224.0.0.1",
  "239.255.255.250",
  "255.255.255.255",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd20:ce::254",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "64:ff9b::a9fe:a9fe",
  "64:ff9b::169.254.169.254",
  "64:ff9b:1::a9fe:a9fe",
  "2002:a9fe:a9fe::1",
  "::169.254.169.254",
];
const PRIVATE = [
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.255.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.7",
  "203.0.113.9",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::10.0.0.1",
  "64:ff9b:1::8.8.8.8",
  "2002:0a00:0001::",
  "2001:0:1::f5ff:fffe",
  "fc00::1",
  "fdff::1",
  "fec0::1",
  "2001:db8::1",
  "100::1",
  "4000::1",
];
const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "93.184.216.34",
  "172.32.0.1",
  "172.15.255.255",
  "100.128.0.1",
  "192.167.255.255",
  "223.255.255.255",
  "2606:4700::1111",
  "2a00:1450::1",
  "::ffff:8.8.8.8",
  "64:ff9b::8.8.8.8",
  "2002:0808:0808::1",
];

test("what lies at an address is told of every form of it", () => {
  const reaches = (addresses: readonly string[]) =>
    addresses.map((address) => {
      const parsed = parseAddress(address);
      return parsed === undefined ? `${address}?` : reachOf(parsed);
    });
  assert.deepEqual(reaches(NEVER), NEVER.map(() => "never"));
  assert.deepEqual(reaches(PRIVATE), PRIVATE.map(() => "private"));
  assert.deepEqual(reaches(PUBLIC), PUBLIC.map(() => "public"));
});

test("what is no address is none", () => {
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "01.2.3.4",
      "0x7f.0.0.1",
      "1::2::3",
      ":1",
      "1:2:3:4:5:6:7",
      "g::1",
      "12345::",
      "1:2:3:4:5:6:7:8:9",
      "::1.2.3",
      "localhost",
      "1.2.3.4/8",
    ]
  ) assert.equal(parseAddress(text), undefined, text);
});

test("blocks hold what the runtime's own say that they hold", () => {
  const chance = chanceOf(7);
  const pick = (count: number) => Math.floor(chance() * count);
  for (let n = 0; n < 2_000; n++) {
    const isV4 = n % 2 === 0;
    const [base, other] = [0, 1].map(() =>
      isV4
        ? Array.from({ length: 4 }, () => pick(3) * 85).join(".")
        : Array.from({ length: 8 }, () => (pick(3) * 0x5555).toString(16)).join(":")
    );
    const bits = pick(isV4 ? 33 : 129);
    const list = new BlockList();
    list.addSubnet(base ?? "", bits, isV4 ? "ipv4" : "ipv6");
    const block = parseBlock(`${base}/${bits}`);
    const address = parseAddress(other ?? "");
    assert.ok(block !== undefined && address !== undefined);
    assert.equal(isIn(address, block), list.check(other ?? "", isV4 ? "ipv4" : "ipv6"), `${other} in ${base}/${bits}`);
  }
  for (const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8", "x/8", "fe80::1%1/64"]) {
    assert.equal(parseBlock(text), undefined, text);
  }
});

test("a URN that names a forbidden address is refused in whatever spelling, for every scheme, and says so", () => {
  assert.ok(new Set(SPELLINGS).size >= 80);
  const urnsAt = (host: string) => [
    `http://${host}/`,
    `https://user:pass@${host.replace(/^.*@/, "")}:8443/x?y`,
    `amqp://${host}/v/e/k`,
    `kafka://8.8.8.8:9092,${host.replace(/^.*@/, "")}:9092/t`,
    `mqtt://${host}:1883/t`,
  ];
  for (const urn of [...LOOPBACK, ...LITERALS].flatMap(urnsAt)) {
    assert.match(egressFault(urn, true, PLAIN_RULES, "target")?.message ?? "", /^The address /, urn);
  }
  for (const urn of MALFORMED.flatMap(urnsAt)) {
    assert.ok((urnFault(urn, "target") ?? egressFault(urn, true, PLAIN_RULES, "target")) !== undefined, urn);
  }
  for (const urn of ["http://8.8.8.8/", "http://[2606:4700::1111]/", "http://example.org/", "kafka://1.1.1.1:9092/t"]) {
    assert.equal(egressFault(urn, true, PLAIN_RULES, "target"), undefined, urn);
  }
});

test("an admin reaches private networks and never the metadata of a cloud; the settings open what they name", () => {
  const fault = (urn: string, isGuarded: boolean, allowed: readonly string[] = []) => {
    const blocks = allowed.flatMap((text) => parseBlock(text) ?? []);
    const isOwn = (address: bigint, port: number) => port === 8081 && address === parseAddress("127.0.0.1");
    return egressFault(urn, isGuarded, { allowed: blocks, isOwn }, "target")?.message;
  };
  assert.equal(fault("http://127.0.0.1:3000/", false), undefined);
  assert.equal(fault("http://10.0.0.1/", false), undefined);
  assert.match(fault("http://169.254.169.254/latest", false) ?? "", /169\.254\.169\.254 is link-local/);
  assert.match(fault("http://127.0.0.1:8081/api/v1/tasks", false) ?? "", /port 8081 is this peer itself/);
  assert.match(fault("http://10.0.0.1/", true) ?? "", /not public: only an admin's tasks.*--allow-targets/);
  assert.equal(fault("http://10.0.0.1/", true, ["10.0.0.0/8"]), undefined);
  assert.match(fault("http://11.254.169.254/", true, ["10.0.0.0/8"]) ?? "none", /none/);
  assert.match(fault("http://[fe80::1]/", true, ["::/0"]) ?? "", /link-local/);
});

test("a task of no admin's is refused a forbidden address when it is written, and guarded when it is sent", async () => {
  const world = await new World("2026-05-01T12:00:00.500Z").start();
  const refused = await world.add({
    id: "t",
    schedule: "2026-05-01T12:00:01Z",
    target: { urn: "http://0x7f.1:9000/" },
  });
  assert.ok(refused.kind === "refused" && refused.why === "invalid");
  assert.equal(refused.fault.field, "target");
  await world.add({ id: "t", schedule: "2026-05-01T12:00:01Z", target: { urn: "http://example.org/" } });
  await world.until("2026-05-01T12:00:02Z");
  assert.deepEqual(world.sent.map(({ delivery }) => delivery.target), [{
    urn: "http://example.org/",
    isGuarded: true,
  }]);
});
