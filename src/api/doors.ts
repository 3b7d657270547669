// What the routes are given: the peer, the one user of this stage, and what they share.

import type { UserId } from "../core/task.ts";
import type { MeshAccess, Peer } from "../peer.ts";
import type { Access, Gatekeeper } from "./access.ts";
import type { Once } from "./once.ts";

export type Doors = {
  readonly peer: Peer;
  readonly mesh: MeshAccess;
  /** Who owns the tasks. */
  readonly user: UserId;
  readonly gatekeeper: Gatekeeper;
  readonly once: Once;
  readonly cookieName: () => string;
  readonly log: Log;
  /** Aborted when the API is closed: what streams ends. */
  readonly closing: AbortSignal;
  /** Asks the routes themselves, with what is known of the request. */
  readonly here: (request: Request, env: ApiEnv["Bindings"]) => Promise<Response>;
};

export type Log = (
  level: "warning" | "error",
  message: string,
  facts: { readonly [name: string]: string | number },
) => void;

/** What a route finds in its context's `env`. */
export type ApiEnv = {
  readonly Bindings: {
    readonly url: URL;
    /** The path as it was sent, not decoded. */
    readonly path: string;
    readonly access: Access;
    /** Address of who sent the request; absent when it came from within the process. */
    readonly remote?: string;
    /** It came through the mesh, or was sent here by this peer itself as if it had: it is not sent on. */
    readonly isForwarded?: boolean;
  };
};
