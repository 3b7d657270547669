// Pages of other origins: none may read an answer, unless its origin is one of the settings', to the letter. Such a page
// shows a token; cookies are not for it, whatever the browser sends along.

/** The seed's and the API's: what a browser is asked to let through beside what it always does. */
const METHODS = "GET, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS = "authorization, content-type, if-match, if-none-match, idempotency-key, prefer";
const ANSWER_HEADERS =
  "etag, location, retry-after, idempotent-replayed, preference-applied, www-authenticate, content-disposition";
const MAX_AGE_S = "600";

export type Cors = {
  /** The origin, when the page is of another one that is allowed. */
  allowed(request: Request): string | undefined;
  /** The answer to a browser which asks whether a page may ask. */
  preflight(request: Request): Response | undefined;
  /** Lets the page read the answer. */
  open(response: Response, origin: string): void;
};

/** `origins`: exact, as browsers send them: `https://board.example`. */
export function createCors(origins: readonly string[]): Cors {
  const known = new Set(origins);
  const allowed = (request: Request): string | undefined => {
    const origin = request.headers.get("origin");
    return origin !== null && known.has(origin) ? origin : undefined;
  };
  return {
    allowed,
    preflight(request) {
      const isAsked = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
      if (!isAsked || allowed(request) === undefined) return undefined;
      const headers: Record<string, string> = {
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": REQUEST_HEADERS,
        "access-control-max-age": MAX_AGE_S,
        vary: "access-control-request-private-network",
      };
      // A page of the internet that asks a peer of this network: https://wicg.github.io/private-network-access/
      if (request.headers.get("access-control-request-private-network") === "true") {
        headers["access-control-allow-private-network"] = "true";
      }
      return new Response(null, { status: 204, headers });
    },
    open(response, origin) {
      // It would be kept where the page stands on the same machine, and sign its browser in as whom the page likes.
      response.headers.delete("set-cookie");
      response.headers.set("access-control-allow-origin", origin);
      response.headers.set("access-control-expose-headers", ANSWER_HEADERS);
      response.headers.append("vary", "origin");
    },
  };
}
