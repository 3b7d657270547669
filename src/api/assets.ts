// A part of the page: held in memory, and answered with by its exact path, once where a browser has it already.

import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";

export type Asset = {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** The body compressed, where that is worth it. */
  readonly gzip?: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  /** Its name holds a digest of its content. */
  readonly isImmutable: boolean;
};

export function makeAsset(path: string, body: Uint8Array<ArrayBuffer>): Asset {
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  const zipped = isText(type) ? new Uint8Array(gzipSync(body, { level: 9 })) : undefined;
  return {
    type,
    body,
    ...(zipped !== undefined && zipped.length < body.length ? { gzip: zipped } : {}),
    // Weak: the compressed form bears it too.
    etag: `W/"${hash("sha256", body, "hex").slice(0, 32)}"`,
    isImmutable: HASHED_NAME.test(path),
  };
}

export function assetResponse(asset: Asset, request: Request): Response {
  const headers = {
    etag: asset.etag,
    vary: "accept-encoding",
    "cache-control": asset.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  const known = request.headers.get("if-none-match")?.split(",").map((tag) => tag.trim());
  if (known?.includes(asset.etag) || known?.includes("*")) return new Response(null, { status: 304, headers });
  const zipped = acceptsGzip(request) ? asset.gzip : undefined;
  const body = zipped ?? asset.body;
  return new Response(request.method === "HEAD" ? null : body, {
    headers: {
      ...headers,
      "content-type": asset.type,
      "content-length": String(body.length),
      ...(zipped === undefined ? {} : { "content-encoding": "gzip" }),
    },
  });
}

const TYPES: { readonly [extension: string]: string } = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  map: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

/** As Vite names what it builds: `index-Bq3xY_2k.js`. */
const HASHED_NAME = /^\/assets\/.+-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/;

function isText(type: string): boolean {
  return /^(text\/|application\/(json|manifest\+json)|image\/svg)/.test(type);
}

function acceptsGzip(request: Request): boolean {
  const accepted = request.headers.get("accept-encoding") ?? "";
  return accepted.split(",").some((each) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(each));
}
