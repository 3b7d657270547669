// A target that costs as little as a target can: a raw `net` server that answers 204 on kept-alive connections and
// notes when which occurrence came. A second port answers what it has seen.
//
//   GET /count    how many came: for who waits, and is not to disturb
//   GET /seen     {"count","unique","doubles","early","firstAt","lastAt","lateness":{"p50","p99","p999","max"},"ids"?}
//   GET /seen?ids the same with every id, in the order of arrival
//   sink.js [HOST]
//
//   GET /log      [{"id","at","planned","task","from"}, …] in the order of arrival
//   GET /reset    forgets all

import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import process from "node:process";

const ANSWER = Buffer.from("HTTP/1.1 204 No Content\r\n\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");

let arrivals = [];

const target = createServer({ noDelay: true }, (socket) => {
  let rest;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    let data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = undefined;
    for (;;) {
      const end = data.indexOf(HEAD_END);
      if (end < 0) break;
      const head = data.latin1Slice(0, end);
      const size = end + 4 + Number(header(head, "content-length") ?? 0);
      if (data.length < size) break;
      const time = header(head, "ce-time");
      arrivals.push({
        id: header(head, "idempotency-key") ?? "",
        at: performance.timeOrigin + performance.now(),
        planned: time === undefined ? NaN : Date.parse(time),
        task: header(head, "ce-source"),
        from: socket.remoteAddress,
      });
      socket.write(ANSWER);
      data = data.subarray(size);
      if (data.length === 0) return;
    }
    rest = data;
  });
});

function header(head, name) {
  const at = head.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const start = at + name.length + 4;
  const end = head.indexOf("\r\n", start);
  return head.slice(start, end < 0 ? undefined : end);
}

const control = createHttpServer((request, response) => {
  if (request.url === "/reset") {
    arrivals = [];
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answerTo(request.url)));
});

function answerTo(url) {
  if (url === "/count") return arrivals.length;
  return url === "/log" ? arrivals : seen(url === "/seen?ids");
}

function seen(withIds) {
  const ids = arrivals.map(({ id }) => id);
  const late = arrivals.map(({ at, planned }) => at - planned).filter((ms) => !Number.isNaN(ms)).sort((a, b) => a - b);
  const at = (share) => late[Math.min(late.length - 1, Math.floor(share * late.length))] ?? null;
  return {
    count: arrivals.length,
    unique: new Set(ids).size,
    doubles: arrivals.length - new Set(ids).size,
    early: late.filter((ms) => ms < 0).length,
    firstAt: arrivals[0]?.at ?? null,
    lastAt: arrivals[arrivals.length - 1]?.at ?? null,
    lateness: { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: late[late.length - 1] ?? null },
    ...(withIds ? { ids, planned: arrivals.map(({ planned }) => planned) } : {}),
  };
}

const host = process.argv[2] ?? "127.0.0.1";
target.listen(0, host, () => {
  control.listen(0, "127.0.0.1", () => {
    console.log(JSON.stringify({ port: target.address().port, control: control.address().port }));
  });
});
process.on("SIGTERM", () => process.exit(0));
