// Joining a mesh, and what a peer is that falls in the middle of it.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { test } from "node:test";
import { printTicket } from "../../src/core/membership/ticket.ts";
import { parseBroadcast, parsePeerMessage } from "../../src/core/protocol/message-shape.ts";
import { join } from "../../src/join.ts";
import { loadFormerMeshKey, loadIdentity, loadMeshKey } from "../../src/mesh/identity.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { recordStore } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { seedOf, withInviter } from "./inviter.ts";

test("a peer that falls while it joins joins with another ticket, and what it sealed before can be opened", () =>
  withInviter(async ({ network, invitations }) => {
    const data = await mkdtemp(pathOf(tmpdir(), "metronome-join-"));
    try {
      const store = recordStore(memoryKeyValue());
      const [identity, own] = [await loadIdentity(data), await loadMeshKey(data)];
      const joinBy = async (store: Store) =>
        await join({
          ...{ data, store, identity, name: "joiner", origin: 2, nextOrigin: () => 3, log: () => {} },
          ticket: printTicket(await invitations.invite({ uses: 1, ttlMs: 60_000 })),
          openMesh: (_key, listener) =>
            Promise.resolve(
              network.join({ self: identity.peer, listener, parseMessage: parsePeerMessage, parseBroadcast }),
            ),
        });
      for (const when of ["before", "after"] as const) {
        await assert.rejects(joinBy(falling(store, when)), { message: "the power is gone" });
      }
      // It is a member already, and may have been removed meanwhile, for all that it knows: it comes as a newcomer.
      assert.equal(await joinBy(store), 3);
      assert.deepEqual(await loadMeshKey(data), seedOf(9));
      assert.deepEqual(await loadFormerMeshKey(data), own);
      assert.deepEqual((await store.entities("member", 9)).length, 2);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  }));

/** The power goes right before its first write, or right after it. */
function falling(store: Store, when: "before" | "after"): Store {
  return new Proxy(store, {
    get(store, name) {
      if (name === "commit") {
        return async (...write: Parameters<Store["commit"]>) => {
          if (when === "after") await store.commit(...write);
          throw new Error("the power is gone");
        };
      }
      const value = Reflect.get(store, name, store);
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}
