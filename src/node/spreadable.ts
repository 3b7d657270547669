// What a command has written, as it stands here and is to stand at other peers.

import type { Spreadable } from "../core/protocol/message.ts";
import type { TaskGuid } from "../core/values/ids.ts";
import type { Peer, Written } from "../peer.ts";

/** Absent when it is not there any more. */
export async function spreadable(
  peer: Pick<Peer, "dossier" | "entity">,
  written: Written,
): Promise<Spreadable | undefined> {
  if (written.kind === "log") return written;
  const { kind, key } = written;
  const entity = kind === "task" ? (await peer.dossier(key as TaskGuid)).entity : await peer.entity(kind, key);
  return entity === undefined ? undefined : { kind: "entity", entity };
}
