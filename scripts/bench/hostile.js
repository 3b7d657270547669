// Answers that mean harm, fifty of each kind at once: what memory they take of who has had small answers until then, and
// when they end. The reference in the same run are as many of the largest honest answers: what the bounds allow to anybody.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { runtimePath } from "../runtime.js";
import { asProgram, leftover, report, root } from "./world.js";

const EACH = 50;
const TOTAL_MS = 10_000;
const KIB = 1_024;

const CHUNK = Buffer.alloc(64 * KIB, "x");
/** 100 MB of zeros in 100 KB. */
const BOMB = gzipSync(Buffer.alloc(100_000_000));
const HEADERS = Buffer.from(Array.from({ length: 1_000 }, (_, n) => `x-${n}: ${"y".repeat(40)}\r\n`).join(""));
/** 15 KiB in 100 headers: no client of another make takes more of them. */
const MANY = Array.from({ length: 100 }, (_, n) => `x-${n}: ${"y".repeat(145)}\r\n`).join("");

const KINDS = {
  well: (socket) => void socket.write("HTTP/1.1 204 No Content\r\n\r\n"),
  large: (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${16 * CHUNK.length}\r\n\r\n`);
    for (let n = 0; n < 16; n++) socket.write(CHUNK);
  },
  headed: (socket) => void socket.write(`HTTP/1.1 204 No Content\r\n${MANY}\r\n`),
  endless: (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    pour(socket, Buffer.concat([Buffer.from("10000\r\n"), CHUNK, Buffer.from("\r\n")]), Infinity);
  },
  slow: (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n");
    const timer = setInterval(() => socket.write("x"), 1_000);
    socket.on("close", () => clearInterval(timer));
  },
  bomb: (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`);
    socket.write(BOMB);
  },
  headers: (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    pour(socket, HEADERS, 1_000);
  },
};

const [WELL, ...HONEST] = ["well", "large", "headed"];
const HOSTILE = ["endless", "slow", "bomb", "headers"];

export async function hostile(runtime) {
  const servers = await Promise.all(Object.entries(KINDS).map(([name, answer]) => start(name, answer)));
  try {
    const honest = await send(runtime, servers, HONEST);
    const { slowestMs, results, ...memory } = await send(runtime, servers, HOSTILE);
    for (const [kind, told] of Object.entries(results)) console.log(`       ${kind}: ${told}`);
    console.log(`       ${memoryText(honest)} by the largest honest answers`);
    const grown = Math.max(memory.afterMb, memory.mostMb) - memory.beforeMb;
    return [
      report("memory", memoryText(memory), "+ <= 20 MB", grown <= 20),
      report("the last one ended", `${(slowestMs / 1_000).toFixed(1)} s`, "<= 11 s", slowestMs <= TOTAL_MS + 1_000),
    ].every(Boolean);
  } finally {
    for (const { close } of servers) close();
  }
}

/** In a process of its own. */
async function send(runtime, servers, kinds) {
  const [command, ...args] = [
    runtimePath(runtime),
    ...asProgram(runtime),
    join(root, "scripts/bench/hostile-sender.ts"),
    ...[EACH, TOTAL_MS].map(String),
    ...[WELL, ...kinds].map((kind) => `${kind}=${servers.find(({ name }) => name === kind).port}`),
  ];
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const forget = leftover(() => child.kill("SIGKILL"));
  const line = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the sender ended with ${code}`)));
  });
  forget();
  return JSON.parse(line);
}

function memoryText({ beforeMb, mostMb, afterMb }) {
  return `${beforeMb.toFixed(0)} MB before, ${mostMb.toFixed(0)} MB at most, ${afterMb.toFixed(0)} MB afterwards`;
}

/** As fast as the other side takes it, so many times. */
function pour(socket, chunk, times) {
  let left = times;
  const more = () => {
    while (left-- > 0 && !socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  more();
}

async function start(name, answer) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", () => answer(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    name,
    port: server.address().port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
