// An answer that takes its time ends with the access that it was given to: it is looked after once a second, as a stream of
// events is, whether it is read slowly or brought slowly.

import type { Access } from "./access.ts";
import type { Gatekeeper } from "./gatekeeper.ts";

/** How long it flows to a token that was revoked. */
const CHECK_MS = 1_000;

/** The same body. When the access holds no longer it breaks off, and what brings it is told that nobody reads. */
export function whileHeld(
  body: ReadableStream<Uint8Array>,
  access: Access,
  { holds }: Pick<Gatekeeper, "holds">,
): ReadableStream<Uint8Array> {
  // These hold as long as the peer runs; and who asks through the mesh is looked after where it came in.
  if (access.kind === "key" || access.kind === "mesh" || access.kind === "nobody") return body;
  const reader = body.getReader();
  let check: ReturnType<typeof setInterval> | undefined;
  let isOver = false;
  const end = () => {
    isOver = true;
    clearInterval(check);
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      check = setInterval(() => {
        // What can't be checked is not trusted.
        holds(access).catch(() => false).then((isGood) => {
          if (isGood || isOver) return;
          end();
          const reason = new Error("the token was revoked");
          controller.error(reason);
          reader.cancel(reason).catch(() => {});
        });
      }, CHECK_MS);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (isOver) return;
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        if (!isOver) controller.error(error);
      }
      end();
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
