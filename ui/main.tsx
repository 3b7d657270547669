/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// Starts the page: who is signed in, then the shell.

import { render } from "preact";
import { App } from "./app.tsx";
import { startRouter } from "./router.ts";
import { startSession } from "./session.ts";
import { startKeys } from "./shell/keys.ts";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");

startRouter();
startKeys();
void startSession();
render(<App />, root);
