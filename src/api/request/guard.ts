// The guard stands before everything, the 404 included: a page of another site must not reach us through a name that
// it made to point here (DNS rebinding), nor through a form, a beacon or a fetch (CSRF).

import { problem } from "./problem.ts";

/** Methods that change nothing. */
const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

export type Guard = {
  /** The answer that turns the request away; absent when it may pass. */
  check(request: Request, url: URL): Response | undefined;
  /** The same of a request that safe methods let through: a page may be behind it that reads what comes. */
  checkOrigin(request: Request, url: URL): Response | undefined;
};

/**
 * `hosts`: names and addresses that the peer answers to beside the loopback ones, without a port. `isAllowed`: whether
 * the page behind a request is of another origin that may ask.
 */
export function createGuard(hosts: readonly string[], isAllowed: (request: Request) => boolean): Guard {
  const known = new Set(hosts.map((host) => bracketed(host.toLowerCase())));
  return {
    check(request, url) {
      const host = request.headers.get("host") ?? url.host;
      // A request line may carry a whole URL, with another host than the header's: both must be ours.
      if (!isOwn(host, known) || !isOwn(url.host, known)) {
        return problem(
          421,
          "This peer does not answer to that host name. Add the name to its settings, or use localhost.",
          {
            field: "Host",
          },
        );
      }
      return SAFE_METHODS.includes(request.method) ? undefined : this.checkOrigin(request, url);
    },
    checkOrigin(request, url) {
      if (isAllowed(request)) return undefined;
      const host = request.headers.get("host") ?? url.host;
      const site = request.headers.get("sec-fetch-site");
      if (site !== null && site !== "same-origin" && site !== "none") {
        return problem(403, "A page of another origin may not change anything here.", { field: "Sec-Fetch-Site" });
      }
      const origin = request.headers.get("origin");
      if (origin !== null && !isSameOrigin(origin, host.toLowerCase())) {
        return problem(403, "A page of another origin may not change anything here.", { field: "Origin" });
      }
      return undefined;
    },
  };
}

const HOST_PATTERN = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;
const LOOPBACK_PATTERN = /^(?:localhost|(?:[a-z0-9_-]+\.)+localhost|127(?:\.(?:0|[1-9]\d{0,2})){3}|\[::1\])$/;

function isOwn(host: string, known: ReadonlySet<string>): boolean {
  const name = HOST_PATTERN.exec(host.toLowerCase())?.[1];
  return name !== undefined && (LOOPBACK_PATTERN.test(name) || known.has(name));
}

/** The scheme may differ where a proxy speaks TLS before us; host and port may not. */
function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
