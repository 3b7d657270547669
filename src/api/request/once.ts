// A request that may be sent twice is carried out once: with an Idempotency-Key its answer is kept for a day, durable
// with what it changed, and given again. After draft-ietf-httpapi-idempotency-key-header-07.

import { hash } from "node:crypto";
import type { CommandResult, OnceKey } from "../../core/protocol/command.ts";
import type { UserId } from "../../core/values/ids.ts";
import { type Instant, INSTANT_MAX } from "../../core/values/instant.ts";
import type { Peer } from "../../peer.ts";
import { problem } from "./problem.ts";

export type Ticket =
  /** Carry it out, with `once` when there is a key, and `close` when it is answered. */
  | { readonly kind: "new"; readonly once?: OnceKey; close(): void }
  /** It was carried out before, with this result. */
  | { readonly kind: "done"; readonly result: CommandResult };

export type Once = {
  /** `body` is the body as it was sent. Each user has keys of their own. */
  open(
    request: Request,
    env: { readonly user: UserId; readonly path: string },
    body: string,
  ): Promise<Ticket | Response>;
};

const KEPT_MS = 86_400_000;
const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

export function createOnce(peer: Pick<Peer, "answer" | "now">): Once {
  /** Keys of the requests that are being carried out: as many as there are such requests. */
  const running = new Map<string, string>();
  return {
    async open(request, { user, path }, body) {
      const given = request.headers.get("idempotency-key");
      if (given === null) return { kind: "new", close: () => {} };
      if (!KEY_PATTERN.test(given)) {
        return problem(400, "An Idempotency-Key has 1 to 255 visible ASCII characters.", { field: "Idempotency-Key" });
      }
      const key = hash("sha256", `${user}\n${given}`, "hex");
      const fingerprint = hash("sha256", `${request.method}\n${path}\n${body}`, "hex");
      const other = running.get(key);
      if (other !== undefined) return other === fingerprint ? stillRunning() : otherRequest();
      running.set(key, fingerprint);
      const close = () => void running.delete(key);
      const expiresAt = Math.min(peer.now() + KEPT_MS, INSTANT_MAX) as Instant;
      const ticket: Ticket = { kind: "new", once: { key, fingerprint, expiresAt }, close };
      try {
        const answer = await peer.answer(key);
        if (answer === undefined || answer.expiresAt <= peer.now()) return ticket;
        close();
        return answer.fingerprint === fingerprint ? { kind: "done", result: answer.result } : otherRequest();
      } catch (error) {
        close();
        throw error;
      }
    },
  };
}

function stillRunning(): Response {
  return problem(409, "The request with this Idempotency-Key is still being carried out. Ask again in a moment.", {
    field: "Idempotency-Key",
    headers: { "retry-after": "1" },
  });
}

function otherRequest(): Response {
  return problem(422, "This Idempotency-Key was used for another request. A new request needs a new key.", {
    field: "Idempotency-Key",
  });
}
