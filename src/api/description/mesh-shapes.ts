// The shapes of what is answered of the mesh, declared for the description.

import { z } from "@hono/zod-openapi";
import { SHARDS } from "../../core/ownership/shard.ts";
import { TICKET_TTL_MAX_S, TICKET_TTL_MIN_S, TICKET_TTL_S, TICKET_USES_MAX } from "../mesh/tickets.ts";
import { cursor, instant, placement } from "./shapes.ts";

const shards = z.number().int().min(0).max(SHARDS);

export const peer = z.strictObject({
  peer: z.string().openapi({ example: "12D3KooWPapnMJeGC2GQruAXsVmJnTrgm5M2CizEijBVzFfXNyuh" }),
  name: z.string(),
  state: z.enum(["alive", "suspect", "dead", "left"]),
  labels: z.record(z.string(), z.string()),
  weight: z.number(),
  shards: shards.openapi({ description: "How many of the 4,096 shards of what any peer may fire it fires." }),
  draining: z.boolean(),
  fenced: z.boolean().openapi({
    description: "It fires nothing yet: it has not synced since its start or a standstill.",
  }),
  writable: z.boolean(),
  skewMs: z.number().nullable().openapi({ description: "How far its clock is ahead; null when not measured." }),
  rttMs: z.number().nullable(),
  digest: z.string().openapi({ description: "Of all that it holds: equal digests, equal data." }),
  version: z.string(),
  format: z.number().int().nullable(),
  tzdata: z.string(),
  addresses: z.array(z.string()).openapi({ description: "Multiaddrs." }),
}).openapi("Peer");

export const mesh = z.strictObject({
  self: z.string(),
  digest: z.string(),
  converged: z.boolean().openapi({ description: "All peers that are alive hold the same." }),
  fenced: z.boolean(),
  tasks: z.number().int().min(0).nullable().openapi({
    description: "How many it holds; null for a moment after its start.",
  }),
  quarantined: z.number().int().min(0).openapi({ description: "Writes that are stamped too far ahead." }),
  repaired: z.number().int().min(0).openapi({ description: "Records that only the digest tree found." }),
  runLogs: z.record(z.string(), z.number().int().min(1)).openapi({
    description:
      "By peer, the number up to which what it did is held here: another peer's answer tells how far it is behind.",
  }),
  peers: z.array(peer),
}).openapi("Mesh");

export const peerPage = z.strictObject({ items: z.array(peer), cursor });

export const drainBody = z.strictObject({
  drain: z.boolean().optional().openapi({ description: "true when absent." }),
});

const moves = z.array(z.strictObject({ peer: z.string(), name: z.string(), shards }));

export const plan = z.strictObject({
  without: z.string(),
  shards: shards.openapi({ description: "What it fires of what any peer may fire." }),
  moves: moves.openapi({ description: "Who would fire how much of that; none when nobody else is able to." }),
  placements: z.array(z.strictObject({ placement, shards, moves })).openapi({
    description: "The same of the 256 shards of each placement of which it fires some.",
  }),
});

export const ticketBody = z.strictObject({
  ttlSeconds: z.number().int().min(TICKET_TTL_MIN_S).max(TICKET_TTL_MAX_S).optional().openapi({
    description: `${TICKET_TTL_S} when absent.`,
  }),
  uses: z.number().int().min(1).max(TICKET_USES_MAX).optional().openapi({
    description: "How many peers it lets in; 1 when absent.",
  }),
});

export const ticket = z.strictObject({
  ticket: z.string().openapi({ description: "As good as a key: shown only now." }),
  expiresAt: instant(),
  qr: z.string().openapi({
    description: "The ticket as a QR code in lines of text; empty when it is too long for one.",
  }),
});

const side = z.strictObject({
  value: z.unknown().openapi({ description: "As the task shows it; null when it says that there is none." }),
  at: instant(),
  by: z.string().nullable().openapi({ description: "The peer that wrote it; null when it is no member any more." }),
});

export const conflict = z.strictObject({
  id: z.string(),
  kind: z.string(),
  key: z.string(),
  task: z.string().nullable(),
  register: z.string(),
  at: instant().openapi({ description: "When this peer saw both." }),
  lost: side,
  kept: side,
}).openapi("Conflict");

export const conflictPage = z.strictObject({ items: z.array(conflict), cursor });
