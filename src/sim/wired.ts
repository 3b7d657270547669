// Messages in their wire form and back, as between processes: what the parser at the other end does not take is a defect
// of whoever said it, and ends the world.

import { parseBroadcast, parsePeerMessage } from "../core/protocol/message-shape.ts";
import type { Broadcast, PeerMessage } from "../core/protocol/message.ts";
import { BROADCAST_MAX_BYTES, decodeValue, encodeValue, MESSAGE_MAX_BYTES } from "../mesh/wire.ts";

export function wired(message: PeerMessage): PeerMessage {
  return through(message, MESSAGE_MAX_BYTES, parsePeerMessage);
}

export function wiredBroadcast(broadcast: Broadcast): Broadcast {
  return through(broadcast, BROADCAST_MAX_BYTES, parseBroadcast);
}

function through<T>(said: T, bytesMax: number, parse: (value: unknown) => T | undefined): T {
  const bytes = encodeValue(said);
  if (bytes.length > bytesMax) throw new Error(`a message of ${bytes.length} bytes is longer than ${bytesMax}`);
  const decoded = decodeValue(bytes);
  const parsed = decoded.kind === "value" ? parse(decoded.value) : undefined;
  if (parsed === undefined) throw new Error(`the parser does not take ${JSON.stringify(said).slice(0, 2_000)}`);
  return parsed;
}
