// An answer of Kafka's starts with its length. The library keeps whatever comes until it has so much, up to 2 GiB: a
// broker that announces more than any has reason to is cut off.

import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";

const LENGTH_BYTES = 4;

/** To be called before anybody else listens to the socket. */
export function boundAnswers(socket: Socket, maxBytes: number): void {
  let left = 0;
  let length = 0;
  let lengthBytes = 0;
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      if (left > 0) {
        const step = Math.min(left, chunk.length - at);
        left -= step;
        at += step;
        continue;
      }
      length = length * 256 + chunk.readUInt8(at++);
      if (++lengthBytes < LENGTH_BYTES) continue;
      if (length > maxBytes) return void socket.destroy(new Error(`the broker announced an answer of ${length} bytes`));
      left = length;
      length = 0;
      lengthBytes = 0;
    }
  });
}
