// A task that no peer is able to fire says so, and what to do.

import { browserTest } from "./world.ts";

browserTest(
  "a task that nobody is able to fire says why, and leads to what helps",
  async ({ enter, peer, receiver }) => {
    await peer.call("PUT", "/tasks/t", {
      ...{ schedule: "R/2030-01-01T00:00:00Z/P1D", target: receiver.url },
      policy: { placement: { match: { site: "the-moon" } } },
    });
    const { page } = await enter();
    await page.locator("[data-task=t]").getByText("nobody fires it").waitFor();
    await page.goto(`${peer.url}/ui/task?id=t`);
    const note = page.getByRole("alert");
    await note.getByText(/Nobody fires it now: no peer .*the-moon/).waitFor();
    await note.getByRole("link", { name: "let others fire it" }).click();
    await page.getByRole("heading", { name: /Edit/ }).waitFor();
  },
);
