// The route of tickets: what lets another machine into this mesh. A ticket is shown once, and is as good as a key.

import type { Hono } from "hono";
import { renderUnicodeCompact } from "uqr";
import { printTicket } from "../../core/membership/ticket.ts";
import { Faults, number } from "../../core/values/faults.ts";
import { formatInstant } from "../../core/values/instant.ts";
import type { ApiEnv, Doors } from "../doors.ts";
import { json } from "../request/answer.ts";
import { readObject } from "../request/body.ts";
import { faultsResponse, problem } from "../request/problem.ts";

/** Time to walk to the other machine. */
export const TICKET_TTL_S = 600;
export const TICKET_TTL_MIN_S = 60;
export const TICKET_TTL_MAX_S = 86_400;
export const TICKET_USES_MAX = 100;

export function addTickets(app: Hono<ApiEnv>, { mesh, log }: Doors): void {
  app.post("/api/v1/tickets", async (c) => {
    const body = await readObject(c.req.raw, { isOptional: true });
    if (body instanceof Response) return body;
    const faults = new Faults();
    faults.unknown(body, "", ["ttlSeconds", "uses"]);
    const ttlS = body.ttlSeconds === undefined
      ? TICKET_TTL_S
      : number(body.ttlSeconds, "ttlSeconds", TICKET_TTL_MIN_S, TICKET_TTL_MAX_S, faults);
    const uses = body.uses === undefined ? 1 : number(body.uses, "uses", 1, TICKET_USES_MAX, faults);
    if (faults.all.length > 0) return faultsResponse(faults.all);
    try {
      const ticket = await mesh.invite({ uses, ttlMs: ttlS * 1_000 });
      const text = printTicket(ticket);
      return json(201, { ticket: text, expiresAt: formatInstant(ticket.expiresAt), qr: qrOf(text) });
    } catch (error) {
      log("error", "no ticket could be given out", { error: String(error) });
      const reason = error instanceof Error ? error.message : String(error);
      return problem(503, `No ticket can be given out now: ${reason}.`, { headers: { "retry-after": "1" } });
    }
  });
}

/** The largest code, version 40, in bytes at its lowest correction: ISO/IEC 18004. */
const QR_MAX_LENGTH = 2_953;

/** Two rows of the code in each line of text. The lowest correction: a screen is not torn, and the code stays small. */
function qrOf(ticket: string): string {
  return ticket.length > QR_MAX_LENGTH ? "" : renderUnicodeCompact(ticket, { ecc: "L", border: 2 });
}
