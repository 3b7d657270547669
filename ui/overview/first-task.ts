// The first task of a new peer: written for a person who has never seen one, and watched until its event has arrived.

import { type Answer, ask } from "../api.ts";
import { peerNow } from "../clock.ts";
import type { Task } from "../views.ts";
import { welcomed } from "./welcomed.ts";

export const RECEIVER_URL = "http://127.0.0.1:9000/";

export async function addFirstTask(target: string): Promise<Answer<Task>> {
  const start = `${new Date(peerNow() + 1_000).toISOString().slice(0, 19)}Z`;
  const answer = await ask<Task>("POST", "/tasks", {
    body: {
      id: "hello",
      name: "Hello",
      schedule: `R/${start}/PT5S/ET2S`,
      target,
      payload: { say: "hello" },
      policy: { retry: { limit: 2, base: "PT1S", cap: "PT2S" } },
    },
  });
  if (answer.kind === "done") welcomed.value = answer.value.id;
  return answer;
}
