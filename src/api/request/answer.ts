// The forms that answers take.

export type Headers = { readonly [name: string]: string };

export function json(status: number, body: unknown, headers: Headers = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

export function empty(status: number, headers: Headers = {}): Response {
  return new Response(null, { status, headers });
}
