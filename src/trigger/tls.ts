// What a client brings to a TLS connection beside the runtime's own: whom it believes, and who it is.

export type ClientTls = {
  /** PEM: believed in place of the certificates that the runtime knows. */
  readonly ca?: string;
  /** PEM: shown to the server, with its private key. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate is to bear, in place of the host's. */
  readonly servername?: string;
};

/** As a text that a pool can be named by; absent when it says nothing. It holds a key, and is kept in memory alone. */
export function writeTls(tls: ClientTls): string | undefined {
  return Object.keys(tls).length === 0 ? undefined : JSON.stringify(tls);
}

/** What `writeTls` wrote. */
export function readTls(text: string): ClientTls {
  return JSON.parse(text) as ClientTls;
}
