// Whether a request comes from the peer's own machine. A proxy that stands there passes on what comes from anywhere: most
// say so in a header, or ask by the name under which the world knows the peer.

const LOOPBACK_PATTERN = /^(?:::1|(?:::ffff:)?127\.\d+\.\d+\.\d+)$/;
const OWN_NAME_PATTERN = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;
const PASSED_ON = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/** `remote`: the address that the connection comes from; absent: it came over the mesh. */
export function isLocal({ headers, url }: Request, remote: string | undefined): boolean {
  if (remote === undefined || !LOOPBACK_PATTERN.test(remote)) return false;
  const host = headers.get("host") ?? new URL(url).host;
  return OWN_NAME_PATTERN.test(host) && !PASSED_ON.some((name) => headers.has(name));
}
