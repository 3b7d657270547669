// What an attempt sent and what came back, on the page of its run: at whichever peer it is looked at.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { browserTest, until } from "./world.ts";

const ANSWER = `<script>alert(1)</script><img src=x onerror=alert(2)>`;

browserTest("request, response and times of an attempt are on the page of its run, as text", async (world) => {
  const { enter, peer, more } = world;
  const { ticket } = await peer.call<{ ticket: string }>("POST", "/tickets", {});
  const cellar = await more("cellar", ticket);
  const target = createServer((_, response) => void response.writeHead(422, { "x-note": "<b>no</b>" }).end(ANSWER));
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  try {
    const { page } = await enter({ at: "/ui/runs" });
    // So many tasks that both peers fire some.
    const runs: { id: string; peer: string }[] = [];
    const owners = async () => {
      for (let n = 0; n < 12; n++) {
        const id = `t${n}`;
        const urn = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
        await peer.call("PUT", `/tasks/${id}`, {
          ...{ schedule: "R/2030-01-01T00:00:00Z/P1D", payload: { some: "thing" } },
          target: { urn, headers: { "x-api-key": "canary-1234" } },
        });
        // Whoever fires it is to know of it.
        await until("it is there too", () => cellar.call("GET", `/tasks/${id}`).then(() => true, () => false));
        const { id: run } = await peer.call<{ id: string }>("POST", `/tasks/${id}/trigger`, {});
        await until("it has failed", async () => {
          const found = await peer.call<{ state: string; attempts: readonly { peer: string }[] }>("GET", `/runs/${run}`)
            .catch(() => undefined);
          const { state = "", attempts = [] } = found ?? {};
          if (state === "settled") runs.push({ id: run, peer: attempts[0]?.peer ?? "" });
          return state === "settled";
        });
      }
    };
    await owners();
    const { self } = await peer.call<{ self: string }>("GET", "/mesh");
    const [own, other] = [runs.find(({ peer }) => peer === self), runs.find(({ peer }) => peer !== self)];
    assert.ok(own !== undefined && other !== undefined, "both fire");
    for (const { id } of [own, other]) {
      await page.goto(`${peer.url}/ui/run?id=${id}`);
      const shown = page.locator(".exchange");
      await shown.waitFor();
      const text = await shown.innerText();
      assert.match(text, /connection [\d.]+ ms[\s\S]*wait [\d.]+ ms[\s\S]*read [\d.]+ ms/);
      assert.ok(text.includes(ANSWER) && text.includes("x-note: <b>no</b>"), text);
      assert.match(text, /POST http:\/\/127.0.0.1[\s\S]*x-api-key: \*\*\*[\s\S]*\{"some":"thing"\}/);
    }
    await cellar.kill();
    await page.reload();
    await page.getByText(/The peer cellar .*can't be reached from here|The peer cellar .* has not answered/).waitFor();
  } finally {
    await new Promise((resolve) => target.close(resolve));
  }
});
