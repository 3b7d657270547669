// What things are known by, in every file of the project and on the wire.

import { hash } from "node:crypto";

declare const guidBrand: unique symbol;
/** 64 lower-case hex digits: sha256(user id + task id). The key of the task in the whole mesh. */
export type TaskGuid = string & { readonly [guidBrand]: true };

/** A peer's libp2p id, or before the mesh is there any text that names this peer alone. */
export type PeerId = string;

export type UserId = string;

export function taskGuid(user: UserId, id: string): TaskGuid {
  return hash("sha256", user + id, "hex") as TaskGuid;
}
