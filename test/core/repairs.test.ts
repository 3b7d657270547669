import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import type { Answer, Ask, PeerMessage } from "../../src/core/protocol/message.ts";
import { DigestTree, leafOf, startDescent } from "../../src/core/register/digest.ts";
import { type Entity, mergeEntities, type Register } from "../../src/core/register/register.ts";
import { repair } from "../../src/core/replication/repair.ts";
import { Repairs } from "../../src/core/replication/repairs.ts";
import { taskGuid } from "../../src/core/values/ids.ts";
import type { Instant } from "../../src/core/values/instant.ts";
import { makeStamp } from "../../src/core/values/stamp.ts";

const TASKS = 3_000;
/** Of which one page of a store holds so many. */
const PAGE = 2;

function taskOf(n: number, ms = 1, payload = ""): Entity {
  const register = (value: Register["value"]): Register => ({ value, stamp: makeStamp(ms, n % 1_000, 1) });
  const meta = { id: `t${n}`, name: `task ${n}`, labels: {}, note: payload };
  return { kind: "task", key: taskGuid("ada", `t${n}`), registers: { meta: register(meta), life: register(1) } };
}

class Side {
  readonly digest = new DigestTree("test");
  readonly held = new Map<string, Entity>();
  readonly repairs: Repairs;

  constructor(self: string, world: World) {
    this.repairs = new Repairs({
      self,
      now: () => world.now as Instant,
      ask: (to, ask, onAnswer) => world.ask(self, to, ask, onAnswer),
      query: (query, onAnswer) => {
        assert.equal(query.kind, "leaves");
        if (query.kind !== "leaves") return;
        const leaves = new Set(query.leaves);
        const all = [...this.held.values()].filter(({ kind, key }) => leaves.has(leafOf(kind, key)));
        const from = Number(query.cursor ?? "0");
        const next = from + PAGE < all.length ? { cursor: String(from + PAGE) } : {};
        onAnswer({ kind: "entities", entities: all.slice(from, from + PAGE), ...next });
      },
      take: (entities, done) => {
        for (const entity of entities) this.merge(entity);
        done();
      },
    }, this.digest);
  }

  merge(entity: Entity): void {
    const known = this.held.get(entity.key);
    const merged = known === undefined ? entity : mergeEntities(known, entity).entity;
    if (known !== undefined) this.digest.remove(known);
    this.digest.add(merged);
    this.held.set(entity.key, merged);
  }

  remove(entity: Entity): void {
    this.held.delete(entity.key);
    this.digest.remove(entity);
  }
}

/** Two that hold the same; what they say is parsed as by the mesh, and some of it is lost. */
class World {
  now = 0;
  said = 0;
  bytes = 0;
  descents = 0;
  isLost: (n: number) => boolean = () => false;
  readonly a = new Side("a", this);
  readonly b = new Side("b", this);
  #open = 0;

  constructor() {
    for (let n = 0; n < TASKS; n++) for (const side of [this.a, this.b]) side.merge(taskOf(n));
  }

  ask(from: string, to: string, ask: Ask, onAnswer: (answer: Answer | undefined) => void): void {
    if (ask.kind === "digests" && ask.descent.kind === "sums" && ask.descent.level === 0) this.descents++;
    this.#open++;
    const end = (answer: Answer | undefined) => {
      this.#open--;
      onAnswer(answer);
    };
    const asked = this.#carried({ kind: "ask", id: 1, ask });
    if (asked?.kind !== "ask" || (asked.ask.kind !== "digests" && asked.ask.kind !== "leaves")) return end(undefined);
    const other = to === "a" ? this.a : this.b;
    other.repairs.asked(from, asked.ask, (said) => {
      const answered = this.#carried({ kind: "answer", id: 1, answer: said });
      end(answered?.kind === "answer" ? answered.answer : undefined);
    });
  }

  #carried(message: PeerMessage): PeerMessage | undefined {
    const text = JSON.stringify(message);
    this.bytes += text.length;
    const parsed = parsePeerMessage(JSON.parse(text));
    assert.ok(parsed !== undefined, text);
    return this.isLost(this.said++) ? undefined : parsed;
  }

  get isEven(): boolean {
    return this.a.digest.root() === this.b.digest.root();
  }

  /** Each hears of the other once a second. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds && !this.isEven; second++) {
      this.now += 1_000;
      const roots = [this.a.digest.root(), this.b.digest.root()] as const;
      this.b.repairs.compare("a", roots[1], roots[0]);
      this.a.repairs.compare("b", roots[0], this.b.digest.root());
    }
    assert.equal(this.#open, 0, "every question has an end");
  }
}

/** Each lacks five, each has three that the other has as they were before, and of two both have half. */
function apart(): World {
  const world = new World();
  const { a, b } = world;
  for (let n = 0; n < 5; n++) a.remove(taskOf(n));
  for (let n = 5; n < 10; n++) b.remove(taskOf(n));
  for (let n = 10; n < 13; n++) a.merge(taskOf(n, 2));
  for (let n = 13; n < 16; n++) b.merge(taskOf(n, 2));
  for (let n = 16; n < 18; n++) {
    const { kind, key, registers: { meta, life } } = taskOf(n, 3);
    assert.ok(meta !== undefined && life !== undefined);
    a.merge({ kind, key, registers: { meta } });
    b.merge({ kind, key, registers: { life } });
  }
  return world;
}

test("one descent evens both sides, and costs little more than what they lack", () => {
  const world = apart();
  world.pass(9);
  assert.equal(world.descents, 0, "a difference may be a broadcast on its way");
  world.pass(3);
  assert.ok(world.isEven);
  assert.deepEqual([...world.a.held].sort(), [...world.b.held].sort());
  assert.equal(world.a.held.size, TASKS);
  assert.deepEqual([world.descents, world.a.repairs.count, world.b.repairs.count], [1, 13, 10]);
  assert.ok(world.bytes < 20_000, `${world.bytes} bytes`);
});

test("whichever message is lost, both are even a few repairs later, and also when only the other one begins", () => {
  const whole = apart();
  whole.pass(60);
  for (let lost = 0; lost < whole.said; lost++) {
    const world = apart();
    world.isLost = (n) => n === lost;
    world.pass(60);
    assert.ok(world.isEven, `without message ${lost}`);
    assert.ok(world.descents <= 3, `${world.descents} descents without message ${lost}`);
  }
  const world = apart();
  world.a.repairs.compare = () => {};
  world.pass(25);
  assert.ok(world.isEven);
});

test("a half of all that is gone comes back page by page, each record once", () => {
  const world = new World();
  for (let n = 0; n < TASKS; n += 2) world.b.remove(taskOf(n));
  for (let n = 1; n < 40; n += 2) world.a.merge(taskOf(n, 2, "x".repeat(100_000)));
  // A descent looks at no more than a sixteenth of the tree.
  world.pass(200);
  assert.ok(world.isEven);
  assert.equal(world.b.held.size, TASKS);
  assert.equal(world.a.repairs.count, 20, "what the other has as it was before");
  assert.equal(world.b.repairs.count, TASKS / 2 + 20);
});

test("who repairs with one does not with another meanwhile", () => {
  const world = apart();
  const { a } = world;
  const answers: Answer[] = [];
  const ask = { kind: "leaves", leaves: [], held: "" } as const;
  a.repairs.asked("c", ask, (answer) => answers.push(answer));
  a.repairs.asked("b", ask, (answer) => answers.push(answer));
  world.now += 6_000;
  a.repairs.asked("b", ask, (answer) => answers.push(answer));
  assert.deepEqual(answers.map(({ kind }) => kind), ["leaves", "unable", "leaves"]);
});

test("leaves that come twice, or out of order, are no question: whoever reads them would come back to the first", () => {
  const parsed = (leaves: readonly unknown[], held = "") =>
    parsePeerMessage({ kind: "ask", id: 1, ask: { kind: "leaves", leaves, held } });
  for (const leaves of [[], [7], [0, 65_535]]) assert.ok(parsed(leaves), leaves.join());
  for (const leaves of [[7, 7], [8, 7], [65_536], [-1], ["7"]]) assert.equal(parsed(leaves), undefined, leaves.join());
  for (const held of ["00000000", "00000000A"]) assert.equal(parsed([7], held), undefined, held);
});

test("a descent that another peer does not go down ends", () => {
  const other = new DigestTree("another mesh");
  other.add(taskOf(1));
  let [asked, ended] = [0, 0];
  repair({
    digest: new DigestTree("test"),
    ask: (_, onAnswer) => {
      assert.ok(++asked < 10);
      onAnswer({ kind: "digests", descent: startDescent(other) });
    },
    read: (_leaves, _onPage, onEnd) => onEnd(true),
    take: (_, done) => done(),
  }, () => ended++);
  assert.deepEqual([asked, ended], [1, 1]);
});
