// What can't be read as a request is answered with a problem like all else: Node's own answer names nothing.

import { Buffer } from "node:buffer";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { problemOf } from "./request/problem.ts";

/** `headMaxBytes`: as long as a request's line and headers may be. */
export function answerUnread(server: Server, headMaxBytes: number): void {
  const answers = new WeakMap<Socket, ServerResponse>();
  server.on("request", ({ socket }, response) => void answers.set(socket, response));
  server.on("clientError", (error, socket: Socket) => {
    const begun = answers.get(socket);
    const isAnswering = begun !== undefined && begun.headersSent && !begun.writableFinished;
    if (socket.writable && !isAnswering) socket.write(answerTo("code" in error ? error.code : undefined, headMaxBytes));
    socket.destroySoon();
  });
}

function answerTo(code: unknown, headMaxBytes: number): string {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return answer(431, `The request's line and headers have at most ${headMaxBytes} bytes together.`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return answer(408, "The request's head did not come in time.");
    default:
      return answer(400, "This is no request by HTTP/1.1: its line, a header or its length can't be read.");
  }
}

function answer(status: number, detail: string): string {
  const problem = problemOf(status, detail, { field: "headers" });
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${status} ${problem.title}`,
    "content-type: application/problem+json",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "x-content-type-options: nosniff",
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
