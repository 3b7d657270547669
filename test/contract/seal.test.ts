import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type Command, type CommandResult } from "../../src/core/command.ts";
import { instant } from "../../src/core/instant.ts";
import type { Entity } from "../../src/core/register.ts";
import type { Stamp } from "../../src/core/stamp.ts";
import { targetKey } from "../../src/core/target-entity.ts";
import { meshSeal } from "../../src/mesh/seal.ts";
import { reseal, Vault } from "../../src/vault.ts";

const CONTEXT = "billing";
const SECRET = "a secret, ünd more";

test("what is sealed is opened by the same mesh for the same thing, and by nothing else", () => {
  const key = randomBytes(32);
  const one = meshSeal([key]);
  const sealed = one.seal(SECRET, CONTEXT);
  assert.ok(!sealed.includes("secret") && sealed !== one.seal(SECRET, CONTEXT));
  assert.equal(meshSeal([key]).open(sealed, CONTEXT), SECRET);
  assert.equal(one.open(sealed, "other"), undefined);
  assert.equal(meshSeal([randomBytes(32)]).open(sealed, CONTEXT), undefined);
  assert.equal(meshSeal([randomBytes(32), key]).open(sealed, CONTEXT), SECRET);
});

test("whoever changes a byte of what is sealed makes it unreadable", () => {
  const one = meshSeal([randomBytes(32)]);
  const sealed = one.seal(SECRET, CONTEXT);
  const bytes = Buffer.from(sealed.slice(5), "base64url");
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(one.open(`mts1.${changed.toString("base64url")}`, CONTEXT), undefined);
  }
  for (const wrong of ["", "mts1.", "mts2.AAAA", sealed.slice(0, -4), `mts1.${"A".repeat(36)}`]) {
    assert.equal(one.open(wrong, CONTEXT), undefined);
  }
});

test("a peer that joins another mesh seals anew what it brings with it", async () => {
  const [former, current] = [randomBytes(32), randomBytes(32)];
  const credentials = { token: { value: SECRET, since: instant(1) } };
  const [mine, theirs, lost] = ["mine", "theirs", "lost"].map((name) => targetKey("admin", name));
  const entities = [
    entityOf("mine", new Vault(meshSeal([former])).close(credentials, mine ?? "")),
    entityOf("theirs", new Vault(meshSeal([current])).close(credentials, theirs ?? "")),
    entityOf("lost", new Vault(meshSeal([randomBytes(32)])).close(credentials, lost ?? "")),
    entityOf("open", undefined),
  ];
  const commands: Command[] = [];
  const isDone = await reseal({
    targets: entities,
    current: new Vault(meshSeal([current])),
    all: new Vault(meshSeal([current, former])),
    submit: (command): Promise<CommandResult> => {
      commands.push(command);
      return Promise.resolve({ kind: "written" });
    },
  });
  const [command] = commands;
  assert.ok(isDone && commands.length === 1 && command?.kind === "entity");
  assert.equal(command.entity.key, mine);
  const { sealed } = command.values.credentials as { readonly sealed: string };
  assert.deepEqual(new Vault(meshSeal([current])).open(sealed, mine ?? ""), credentials);
});

function entityOf(name: string, credentials: ReturnType<Vault["close"]>): Entity {
  const stamp = "0".repeat(22) as Stamp;
  const values = {
    meta: { name, user: "admin", description: "", createdAt: 1 },
    target: { urn: "http://a.example/" },
    limits: {},
    credentials: credentials ?? null,
    life: 1,
  };
  const registers = Object.entries(values).map(([register, value]) => [register, { value, stamp }]);
  return { kind: "target", key: targetKey("admin", name), registers: Object.fromEntries(registers) };
}
