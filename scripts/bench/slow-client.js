// Opens connections and never ends a request on any of them: a byte now and then, and what is closed is opened again.
//
//   slow-client.js PORT CONNECTIONS

import { connect } from "node:net";
import process from "node:process";

const [port, count] = process.argv.slice(2).map(Number);
const DRIP_MS = 1_000;
const AGAIN_MS = 1_000;
const sockets = new Set();
let refused = 0;

function open() {
  const socket = connect(port, "127.0.0.1");
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("connect", () => socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: "));
  socket.on("close", () => {
    sockets.delete(socket);
    refused++;
    setTimeout(open, AGAIN_MS);
  });
}

// In lots: the kernel keeps only so many that nobody has accepted yet.
for (let n = 0; n < count; n++) setTimeout(open, Math.floor(n / 50) * 10);
setInterval(() => {
  for (const socket of sockets) if (socket.readyState === "open") socket.write("a");
}, DRIP_MS);
setTimeout(() => console.log(JSON.stringify({ open: sockets.size })), count / 5 + 2_000);
process.on("SIGTERM", () => process.exit(refused > 0 ? 0 : 1));
