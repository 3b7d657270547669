// A world of its own for each test of the page: a real peer, started as a person starts it, a receiver of its events,
// and a real browser. What no page may ever do is watched in all of them: see `Page.wrongs`.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const TOKEN = "token-of-the-tests-of-the-page-0123456789";

const CHROMIUM = "/usr/bin/chromium";
const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long anything may take on a machine that is busy with other things. */
const PATIENCE_MS = 15_000;

export type World = {
  readonly peer: Peer;
  readonly receiver: Receiver;
  /** Another peer, which joins the mesh with a ticket; its data is in `folder`, or one of its own. */
  more(name: string, ticket: string, folder?: string): Promise<Peer>;
  /** What the test needs can't be had here. */
  skip(why: string): void;
  /** A page that nobody signed in to. */
  open(options?: BrowserContextOptions): Promise<Watched>;
  /** A page, signed in: the list of tasks unless `at` is another. */
  enter(options?: BrowserContextOptions & { readonly at?: string }): Promise<Watched>;
};

export type Watched = {
  readonly page: Page;
  /** Method and URL of what was requested since the page was opened. */
  readonly requests: readonly string[];
  /** Dialogs, errors, violations of the security policy, requests to another origin: there should be none. */
  readonly wrongs: readonly string[];
};

/** A test in a browser; skipped, with the reason in its name, where there is none. */
export function browserTest(name: string, run: (world: World) => Promise<void>, { hasToken = true } = {}): void {
  if (!existsSync(CHROMIUM)) {
    test(`${name} (skipped: there is no ${CHROMIUM})`, { skip: true }, () => {});
    return;
  }
  testsLeft++;
  test(name, async (context) => {
    const [receiver, peer, browser] = await Promise.all([startReceiver(), startPeer({ hasToken }), theBrowser()]);
    const opened: Watched[] = [];
    const others: Peer[] = [];
    try {
      const open = async (options: BrowserContextOptions = {}) => {
        const watched = await openPage(browser, peer, options);
        opened.push(watched);
        return watched;
      };
      const enter = async (options: BrowserContextOptions & { readonly at?: string } = {}) => {
        const { at = "/ui/tasks", ...more } = options;
        const watched = await open(more);
        await signIn(watched.page, peer);
        await watched.page.goto(peer.url + at);
        await watched.page.locator("main :is(h1, .blank)").first().waitFor();
        return watched;
      };
      const more = async (name: string, ticket: string, folder?: string) => {
        const args = ["--name", name, "--join", ticket];
        const other = await startPeer({ hasToken, args, ...(folder === undefined ? {} : { folder }) });
        others.push(other);
        return other;
      };
      await run({ peer, receiver, open, enter, more, skip: (why) => context.skip(why) });
      assert.deepEqual(opened.flatMap(({ wrongs }) => wrongs), []);
    } finally {
      // Each page has a context of its own: nothing of one test is there in the next.
      await Promise.all(opened.map(({ page }) => page.context().close()));
      if (--testsLeft === 0) await browser.close();
      await Promise.all([peer, ...others].map((each) => each.stop()));
      await receiver.close();
    }
  });
}

/** Of the file: the last one closes the browser. */
let testsLeft = 0;
let launched: Promise<Browser> | undefined;

// Where some tests are left out by their names, none is the last; Node waits for the browser then, and Deno, which does
// not, calls no hook of a file.
after(async () => await (await launched)?.close());

/** One for all tests of a file: it takes longer to start than many of them. */
function theBrowser(): Promise<Browser> {
  return launched ??= chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
}

export type Peer = {
  readonly url: string;
  /** Its data. */
  readonly folder: string;
  /** All that it printed: the first start's link is in there. */
  printed(): string;
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** As a power cut would. */
  kill(): Promise<void>;
  /** The same peer again, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

async function startPeer(
  { hasToken, args: further = [], folder = mkdtempSync(join(tmpdir(), "metronome-ui-")) }: {
    readonly hasToken: boolean;
    readonly args?: readonly string[];
    readonly folder?: string;
  },
): Promise<Peer> {
  let child: ChildProcess;
  let url = "";
  let printed = "";
  let p2p = "127.0.0.1:0";
  await start("127.0.0.1:0");
  return {
    get url() {
      return url;
    },
    folder,
    printed: () => printed,
    async call<T>(method: string, path: string, body?: unknown) {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
    kill: () => end("SIGKILL"),
    restart: () => start(new URL(url).host),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };

  async function start(http: string): Promise<void> {
    const runtime = process.env.METRONOME_TEST_RUNTIME;
    const args = [
      join(ROOT, "scripts", "metronome"),
      "start",
      "--json",
      "--data",
      folder,
      "--http",
      http,
      "--p2p",
      p2p,
      ...further,
    ];
    if (runtime !== undefined) args.push("--runtime", runtime);
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env.METRONOME_ADMIN_TOKEN;
    if (hasToken) env.METRONOME_ADMIN_TOKEN = TOKEN;
    // A group of its own, so that what the launcher starts can be ended with it.
    child = spawn("node", args, { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "pipe"], env });
    child.stderr?.on("data", (chunk) => printed += chunk);
    url = await new Promise<string>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the peer ended with ${code} before it was ready:\n${printed}`)));
      if (child.stdout === null) return reject(new Error("the peer has no output"));
      createInterface({ input: child.stdout }).on("line", (line) => {
        printed += `${line}\n`;
        if (!line.includes('"ready":true')) return;
        const ready = JSON.parse(line) as { readonly http: string; readonly p2p: readonly string[] };
        // The others look for it where it was.
        p2p = /\/ip4\/127\.0\.0\.1\/tcp\/(\d+)/.exec(ready.p2p.join(" "))?.[1]?.replace(/^/, "127.0.0.1:") ?? p2p;
        resolve(ready.http);
      });
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, signal);
    await exited;
  }
}

export type Received = { readonly id: string; readonly body: string; readonly headers: IncomingHttpHeaders };

export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  /** The status of its answers from now on. */
  answer(status: number): void;
  close(): Promise<void>;
};

async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => {
      received.push({ id: String(request.headers["ce-id"]), body, headers: request.headers });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    answer: (answered) => status = answered,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function openPage(browser: Browser, peer: Peer, options: BrowserContextOptions): Promise<Watched> {
  const context = await browser.newContext({ timezoneId: "Europe/Paris", locale: "en-GB", ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const requests: string[] = [];
  const wrongs: string[] = [];
  page.on("request", (request) => {
    requests.push(`${request.method()} ${request.url()}`);
    if (!request.url().startsWith(`${peer.url}/`) && !request.url().startsWith("data:")) {
      wrongs.push(`request to ${request.url()}`);
    }
  });
  page.on("dialog", (dialog) => {
    wrongs.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => wrongs.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // What a peer refuses, or does not answer while it is down, the browser notes by itself.
    if (!/^Failed to load resource/.test(message.text())) wrongs.push(`console: ${message.text()}`);
  });
  await page.addInitScript(
    `addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective))`,
  );
  return { page, requests, wrongs };
}

async function signIn(page: Page, peer: Peer): Promise<void> {
  const answer = await fetch(`${peer.url}/api/v1/auth/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: TOKEN }),
  });
  assert.equal(answer.status, 204, await answer.text());
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(answer.headers.get("set-cookie") ?? "") ?? [];
  await page.context().addCookies([{ name, value, url: peer.url, httpOnly: true, sameSite: "Strict" }]);
}

/** What the browser is handed as a file when this is done. */
export async function fileOf(page: Page, act: () => Promise<unknown>): Promise<string> {
  const coming = page.waitForEvent("download");
  await act();
  let text = "";
  for await (const chunk of await (await coming).createReadStream()) text += chunk;
  return text;
}

/** What a list is exported as: the only one of the page, or of a part of it. */
export async function exported(
  page: Page,
  format: "CSV" | "NDJSON",
  within: Page | Locator = page,
): Promise<string> {
  await within.getByText("Export", { exact: true }).click();
  return await fileOf(page, () => within.getByRole("button", { name: format }).click());
}

/** Waits until it is so. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  for (const end = Date.now() + patienceMs; !await isSo();) {
    if (Date.now() > end) assert.fail(`within ${patienceMs} ms it did not come true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** An interval that fires each second, from the next one on. */
export function eachSecond(): string {
  return `R/${new Date(Date.now() + 1_000).toISOString().slice(0, 19)}Z/PT1S`;
}
