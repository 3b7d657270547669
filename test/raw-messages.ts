// What comes over a socket and is no request, or half of one, or two in one: smuggling, chunks that are none, heads without
// end, bytes of other protocols. Each is sent as it is, and the connection then closed on our side, broken off, or left
// open.

import { connect } from "node:net";
import { mutate } from "./mutation.ts";

export type RawMessage = {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What is done once it is sent: nothing more is, all is broken off, or the connection stays as it is. */
  readonly end: "half" | "whole" | "open";
};

export type RawAnswer = {
  /** Statuses of the answers, in order. */
  readonly statuses: readonly number[];
  /** Whether the server ended the connection in time; of one that is left open, or whether it answered. */
  readonly isEnded: boolean;
  readonly ms: number;
};

const HOST = "Host: localhost\r\n";
const OK = `GET /healthz HTTP/1.1\r\n${HOST}\r\n`;
const POST = `POST /api/v1/auth/session HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const SMUGGLED = `GET /api/v1/tasks HTTP/1.1\r\n${HOST}X-Smuggled: 1\r\n\r\n`;

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["one request", OK],
  ["two in one", OK + OK],
  ["twenty in one", OK.repeat(20)],
  ["nothing", ""],
  ["half a line", "GET /heal"],
  ["half a head", `GET /healthz HTTP/1.1\r\n${HOST}X-A: `],
  ["bare line feeds", OK.replaceAll("\r\n", "\n")],
  ["bare carriage returns", OK.replaceAll("\r\n", "\r")],
  ["blank lines before", `\r\n\r\n${OK}`],
  ["no host", "GET /healthz HTTP/1.1\r\n\r\n"],
  ["two hosts", `GET /healthz HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n`],
  ["an absolute URI", `GET http://evil.example/healthz HTTP/1.1\r\n${HOST}\r\n`],
  ["an authority", `CONNECT localhost:22 HTTP/1.1\r\n${HOST}\r\n`],
  ["an asterisk", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
  ["no path", `GET  HTTP/1.1\r\n${HOST}\r\n`],
  ["a path without a slash", `GET healthz HTTP/1.1\r\n${HOST}\r\n`],
  ["a path of bytes", `GET /\x00\xff\x7f HTTP/1.1\r\n${HOST}\r\n`],
  ["a path of 100 KiB", `GET /${"a".repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`],
  ["HTTP/1.0", `GET /healthz HTTP/1.0\r\n\r\n`],
  ["HTTP/0.9", "GET /healthz\r\n"],
  ["HTTP/2 by its preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"],
  ["HTTP/9.9", OK.replace("1.1", "9.9")],
  ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00".repeat(500)],
  ["SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a method of its own", OK.replace("GET", "FROBNICATE")],
  ["a method in lower case", OK.replace("GET", "get")],
  ["a header without a colon", `GET /healthz HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`],
  ["a header with a space before its colon", `GET /healthz HTTP/1.1\r\n${HOST}X-A : 1\r\n\r\n`],
  ["a folded header", `GET /healthz HTTP/1.1\r\n${HOST}X-A: 1\r\n 2\r\n\r\n`],
  ["a header of 64 KiB", `GET /healthz HTTP/1.1\r\n${HOST}X-A: ${"a".repeat(65_536)}\r\n\r\n`],
  ["5,000 headers", `GET /healthz HTTP/1.1\r\n${HOST}${"X-A: 1\r\n".repeat(5_000)}\r\n`],
  ["a header with a null byte", `GET /healthz HTTP/1.1\r\n${HOST}X-A: \x00\r\n\r\n`],
  ["half of a body", `${POST}Content-Length: 100\r\n\r\n{"token":`],
  ["a body that is longer than it says", `${POST}Content-Length: 2\r\n\r\n{}${"x".repeat(5_000)}`],
  ["a length that is none", `${POST}Content-Length: abc\r\n\r\n{}`],
  ["a negative length", `${POST}Content-Length: -2\r\n\r\n{}`],
  ["a length with a sign", `${POST}Content-Length: +2\r\n\r\n{}`],
  ["a length beyond numbers", `${POST}Content-Length: 99999999999999999999\r\n\r\n{}`],
  ["two lengths", `${POST}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}${SMUGGLED}`],
  ["a list of lengths", `${POST}Content-Length: 2, 40\r\n\r\n{}${SMUGGLED}`],
  ["CL.TE", `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["TE.CL", `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}\r\n0\r\n\r\n`],
  ["TE.TE", `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["an encoding with a tab", `${POST}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n`],
  ["an encoding of another name", `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["an encoding that is not last", `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ["chunks", `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`],
  ["chunks with trailers", `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-A: 1\r\n\r\n`],
  ["chunks with extensions", `${POST}Transfer-Encoding: chunked\r\n\r\n2;${"a=b;".repeat(9_000)}\r\n{}\r\n0\r\n\r\n`],
  ["a chunk without a size", `${POST}Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n`],
  ["a chunk of a negative size", `${POST}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n`],
  ["a chunk of a huge size", `${POST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}\r\n0\r\n\r\n`],
  ["a chunk in hex by its prefix", `${POST}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`],
  ["a chunk that is too short", `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\n{}\r\n0\r\n\r\n`],
  ["chunks with bare line feeds", `${POST}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`],
  ["trailers without end", `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\n${"X-A: 1\r\n".repeat(5_000)}`],
  ["Expect: 100-continue", `${POST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`],
  ["an Expect of its own", `${POST}Expect: miracles\r\nContent-Length: 2\r\n\r\n{}`],
  ["an upgrade to nothing", `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: nothing\r\n\r\n`],
  ["an upgrade to h2c", `GET /healthz HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n`],
  ["a WebSocket that is none", `GET /ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
  [
    "a WebSocket and nonsense",
    `GET /ws HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
    `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff`,
  ],
];

const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** More of these has to come: a server rightly waits for it, for 10 s of a head and 30 s of a body. */
const UNFINISHED = [
  ...["nothing", "half a line", "half a head", "HTTP/0.9", "bare carriage returns", "half of a body", "SSH"],
  ...["a chunk without a size", "a chunk of a huge size", "trailers without end"],
];

/** Each of the known ones, ended in each way. */
export const RAW_MESSAGES: readonly RawMessage[] = TEXTS.flatMap(([name, text]): readonly RawMessage[] => {
  const bytes = bytesOf(text);
  return [
    { name, bytes, end: "half" },
    { name: `${name}, broken off`, bytes, end: "whole" },
    ...UNFINISHED.includes(name) ? [] : [{ name: `${name}, left open`, bytes, end: "open" } as const],
  ];
});

const CORPUS = TEXTS.map(([, text]) => bytesOf(text)).filter(({ length }) => length < 2_000);

/** One of them with bytes that are others, or are gone, or of two of them. */
export function rawMessage(chance: () => number): RawMessage {
  return { name: "changed", bytes: mutate(CORPUS, chance), end: chance() < 0.9 ? "half" : "whole" };
}

/** The head of an answer that is no interim one: a change of protocol is one too. */
const ANSWERED = /^HTTP\/1\.1 (?:[2-5]\d\d|101) [^]*?\r\n\r\n/m;

/** Sends it, and waits until the server ends the connection, for `patienceMs` at most. */
export function sendRaw(port: number, { bytes, end }: RawMessage, patienceMs: number): Promise<RawAnswer> {
  const began = performance.now();
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    const done = (isEnded: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
      resolve({ statuses, isEnded, ms: performance.now() - began });
    };
    const timer = setTimeout(done, patienceMs, false);
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      text += part;
      if (end === "open" && ANSWERED.test(text)) done(true);
    });
    socket.on("error", () => {});
    socket.on("close", () => done(true));
    socket.on("connect", () => {
      if (end === "half") socket.end(bytes);
      else socket.write(bytes, () => void (end === "whole" && socket.destroy()));
    });
  });
}
