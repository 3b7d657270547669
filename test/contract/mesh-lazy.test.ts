// A mesh that is opened when there is somebody to talk to.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lazyMesh } from "../../src/mesh/lazy.ts";
import { memoryNetwork } from "../../src/mesh/memory.ts";
import { Witness } from "./mesh-witness.ts";

test("a way that could not be opened is tried again for who asks next", async () => {
  const network = memoryNetwork();
  const [witness, other] = [new Witness(), new Witness()];
  let [tries, failures] = [0, 0];
  const mesh = lazyMesh("a", () => {
    if (++tries <= 2) return Promise.reject(new Error("no port is free"));
    return Promise.resolve(network.join({ ...witness.settings, self: "a" }));
  }, () => void failures++);
  const peer = network.join({ ...other.settings, self: "b" });
  peer.admit([{ peer: "a", addresses: [] }]);
  await assert.rejects(mesh.listen([]), { message: "no port is free" });
  mesh.admit([{ peer: "b", addresses: [] }]);
  await witness.until("it is told of", () => failures === 1);
  await mesh.listen([]);
  await other.until("the two are linked", () => other.linkedNow.has("a"));
  await mesh.listen([]);
  assert.equal(tries, 3);
  await mesh.close();
  await peer.close();
});
