// Group commit with a disk that the test holds in its hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GroupCommit } from "../../src/store/group-commit.ts";
import { StoreFailure } from "../../src/store/store.ts";

test("what comes while a batch is written goes together in the next one, in order", async () => {
  const disk = new Disk();
  const first = [disk.commit.add(["a"], 1), disk.commit.add(["b", "c"], 2)];
  await disk.writing();
  const second = [disk.commit.add(["d"], 1), disk.commit.add([], 0), disk.commit.add(["e"], 1)];
  disk.finish();
  await Promise.all(first);
  await disk.writing();
  disk.finish();
  await Promise.all(second);
  assert.deepEqual(disk.written, [["a", "b", "c"], ["d", "e"]]);
  await disk.commit.settled();
});

test("a joined batch is bounded in operations and in characters; a larger call goes alone", async () => {
  const disk = new Disk();
  disk.isFast = true;
  const calls = [3_000, 1_000, 97, 9_000, 1].map((count) => disk.commit.add(Array(count).fill("x"), count));
  await Promise.all(calls);
  assert.deepEqual(disk.written.map((batch) => batch.length), [4_000, 97, 9_000, 1]);
  const mebi = 1024 * 1024;
  await Promise.all([3 * mebi, mebi, 1, 5 * mebi].map((length) => disk.commit.add(["x"], length)));
  assert.deepEqual(disk.written.slice(4).map((batch) => batch.length), [2, 1, 1]);
});

test("when a batch fails all that waits is refused, and nothing is written behind it until it is accepted again", async () => {
  const disk = new Disk();
  const calls = [disk.commit.add(["a"], 1)];
  await disk.writing();
  calls.push(disk.commit.add(["b"], 1), disk.commit.add(["c"], 1));
  const outcomes = Promise.allSettled(calls);
  disk.fail(new StoreFailure("full", "no room"));
  for (const outcome of await outcomes) assert.equal(outcome.status === "rejected" && outcome.reason.kind, "full");
  await assert.rejects(disk.commit.add(["d"], 1), isKind("full"));
  assert.deepEqual(disk.told, ["refusing full"]);
  disk.isFast = true;
  disk.commit.accept();
  await disk.commit.add(["e"], 1);
  assert.deepEqual(disk.written, [["a"], ["e"]]);
});

test("more than memory should hold is refused as busy, and taken again when half of it is written", async () => {
  const disk = new Disk();
  const mebi = 1024 * 1024;
  const calls = [disk.commit.add(["first"], 1)];
  await disk.writing();
  for (let n = 0; n < 32; n++) calls.push(disk.commit.add([`${n}`], mebi));
  await assert.rejects(disk.commit.add(["one more"], mebi), isKind("busy"));
  await assert.rejects(disk.commit.add(["small"], 1), isKind("busy"));
  assert.deepEqual(disk.told, ["refusing busy"]);
  disk.isFast = true;
  disk.finish();
  await Promise.all(calls);
  await disk.commit.add(["then"], 1);
  assert.deepEqual(disk.told, ["refusing busy", "relieved"]);
  assert.equal(disk.written.flat().length, 34);
});

class Disk {
  readonly written: string[][] = [];
  readonly told: string[] = [];
  /** Whether it writes without waiting for the test. */
  isFast = false;
  readonly commit: GroupCommit<string>;
  #pending: PromiseWithResolvers<void> | undefined;
  #begun: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor() {
    this.commit = new GroupCommit({
      write: async (operations) => {
        this.written.push(operations);
        if (this.isFast) return;
        this.#pending = Promise.withResolvers();
        this.#begun.resolve();
        await this.#pending.promise;
      },
      onRefusing: ({ kind }) => void this.told.push(`refusing ${kind}`),
      onRelieved: () => void this.told.push("relieved"),
    });
  }

  /** Resolves when a batch is in flight. */
  async writing(): Promise<void> {
    await this.#begun.promise;
    this.#begun = Promise.withResolvers();
  }

  finish(): void {
    this.#pending?.resolve();
  }

  fail(failure: StoreFailure): void {
    this.#pending?.reject(failure);
  }
}

function isKind(kind: StoreFailure["kind"]) {
  return (error: unknown) => error instanceof StoreFailure && error.kind === kind;
}
