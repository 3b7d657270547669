import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { targetKey } from "../../src/core/delivery/target-entity.ts";
import type { Command, CommandResult } from "../../src/core/protocol/command.ts";
import type { Entity } from "../../src/core/register/register.ts";
import { isNamed, maskTarget, type Target } from "../../src/core/targets/target.ts";
import { isFaults, parseDefinition } from "../../src/core/task/definition.ts";
import { type Dossier, NO_PROGRESS } from "../../src/core/task/dossier.ts";
import { writeTask } from "../../src/core/task/task-entity.ts";
import { type TaskGuid, taskGuid } from "../../src/core/values/ids.ts";
import { instant } from "../../src/core/values/instant.ts";
import type { Stamp } from "../../src/core/values/stamp.ts";
import { meshSeal } from "../../src/mesh/seal.ts";
import { reseal } from "../../src/secrets/reseal.ts";
import { Vault } from "../../src/secrets/vault.ts";

const CONTEXT = "billing";
const SECRET = "a secret, ünd more";

test("what is sealed is opened by the same mesh for the same thing, and by nothing else", () => {
  const key = randomBytes(32);
  const one = meshSeal([key]);
  const sealed = one.seal(SECRET, CONTEXT);
  assert.ok(!sealed.includes("secret"));
  // What is written again unchanged is no change.
  assert.equal(one.seal(SECRET, CONTEXT), sealed);
  const nonces = [sealed, one.seal(SECRET, "other"), one.seal(`${SECRET}.`, CONTEXT), one.seal(CONTEXT, SECRET)]
    .map((each) => each.slice(0, 21));
  assert.equal(new Set(nonces).size, 4, "no nonce is used twice");
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
  const tasks = [former, current, randomBytes(32)].map((key, n) => {
    const target = new Vault(meshSeal([key])).closeTarget(OPEN, false);
    return taskWith(taskGuid("admin", `${n}`), target);
  });
  const commands: Command[] = [];
  const isDone = await reseal({
    targets: entities,
    tasks: ({ cursor }) => Promise.resolve(cursor === undefined ? { items: tasks, cursor: "more" } : { items: [] }),
    current: new Vault(meshSeal([current])),
    all: new Vault(meshSeal([current, former])),
    submit: (command): Promise<CommandResult> => {
      commands.push(command);
      return Promise.resolve(
        command.kind === "task"
          ? { kind: "refused", why: "changed", message: "x", revision: "0".repeat(22) as Stamp }
          : { kind: "written" },
      );
    },
  });
  const [command, put] = commands;
  assert.ok(isDone && commands.length === 2 && command?.kind === "entity");
  assert.ok(put?.kind === "task" && put.guid === tasks[0]?.guid && put.command.kind === "put");
  assert.deepEqual(new Vault(meshSeal([current])).openTarget(put.command.definition.target), OPEN);
  assert.equal(command.entity.key, mine);
  const { sealed } = command.values.credentials as { readonly sealed: string };
  assert.deepEqual(new Vault(meshSeal([current])).open(sealed, mine ?? ""), credentials);
});

const OPEN = { urn: "amqp://ada:pass%20word@broker.example/v/e/k", headers: { "x-api-key": "k", "x-site": "lyon" } };

test("what is secret of a task's own target is sealed for where it leads, and for a template stays to be filled in", () => {
  const vault = new Vault(meshSeal([randomBytes(32)]));
  const closed = vault.closeTarget(OPEN, false);
  assert.ok(!isNamed(closed));
  assert.match(closed.urn, /^amqp:\/\/ada:mts1\.[\w-]{50,}@broker\.example\/v\/e\/k$/);
  assert.match(closed.headers?.["x-api-key"] ?? "", /^mts1\.[\w-]+$/);
  assert.equal(closed.headers?.["x-site"], "lyon");
  assert.deepEqual(maskTarget(closed), maskTarget(OPEN));
  assert.deepEqual(vault.openTarget(closed), OPEN);
  assert.deepEqual(vault.closeTarget(OPEN, false), closed);
  assert.equal(vault.openTarget({ ...closed, urn: closed.urn.replace("broker", "evil") }), undefined);
  const named = vault.closeTarget({ name: "n", headers: { cookie: "c" } }, false);
  assert.deepEqual(vault.openTarget({ ...named, urn: "http://a.example/" }), {
    ...{ name: "n", headers: { cookie: "c" }, urn: "http://a.example/" },
  });
  assert.equal(vault.openTarget({ ...named, name: "m" }), undefined);
  const filled = { urn: "https://key@a.example/{{id}}", headers: { "x-key": "{{id}}", authorization: "Bearer b" } };
  const template = vault.closeTarget(filled, true);
  assert.equal(template.headers?.["x-key"], "{{id}}");
  assert.match(template.headers?.authorization ?? "", /^mts1\./);
  assert.match(isNamed(template) ? "" : template.urn, /^https:\/\/mts1\.[\w-]+@a\.example\/\{\{id\}\}$/);
  const plain = { urn: "http://a.example/x@y", method: "PUT" } as const;
  assert.deepEqual(vault.closeTarget(plain, false), plain);
  // What only looks as if it were sealed is a text like any other.
  const looks = { urn: "http://a:mts1.AAAA@b.example/" };
  assert.deepEqual(vault.openTarget(vault.closeTarget(looks, false)), looks);
});

function taskWith(guid: TaskGuid, target: Target): Dossier {
  const definition = parseDefinition({ id: "a", schedule: "R/2026-01-01T00:00:00Z/PT1H", target: "http://a/" }, {});
  assert.ok(!isFaults(definition));
  const written = { guid, user: "admin", definition: { ...definition.definition, target }, state: { paused: false } };
  const entity = writeTask(undefined, written, "0".repeat(22) as Stamp, instant(1));
  return { guid, entity, progress: NO_PROGRESS, open: [] };
}

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
