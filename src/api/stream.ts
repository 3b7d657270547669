// What happens, as it happens: server-sent events. A notice is rendered once for all who listen; who is too slow loses
// some and is told how many; who may no longer listen is cut off within a second.

import type { Hono } from "hono";
import type { Notice } from "../core/delivery/notice.ts";
import { ADMIN } from "../core/people/user.ts";
import type { UserId } from "../core/values/ids.ts";
import type { ApiEnv, Doors } from "./doors.ts";
import { meshNews } from "./mesh/mesh.ts";
import { sessionView } from "./people/session.ts";
import { problem } from "./request/problem.ts";
import { readQuery } from "./request/query.ts";
import { laneView } from "./targets/breakers.ts";
import { ownershipOf, runView, showTask } from "./tasks/view.ts";

/** Streams at a time: each holds a connection and up to QUEUED_MAX events, about 0.5 MB. A browser opens six at most. */
const STREAMS_MAX = 100;
/** One user leaves room for others; who has the keys of the peer itself may have all. */
const STREAMS_OF_USER_MAX = 50;
/** Events that wait for one listener; what comes then is dropped, and counted. */
const QUEUED_MAX = 1_000;
/** And their length together: a task with a large payload makes a large event. */
const QUEUED_MAX_LENGTH = 4 * 1024 * 1024;
/** Events of so long go out as one chunk: an eye sees no difference, a loop with a thousand a second does. */
const FLUSH_MS = 20;
/** Bytes in the hands of the connection, not yet taken by the network, at which events begin to wait. */
const WRITTEN_MAX_BYTES = 64 * 1024;
const HEARTBEAT_MS = 15_000;
/** Between two pictures of the mesh, which has many peers and changes with each. */
const MESH_PAUSE_MS = 1_000;
/** How long a revoked token may go on listening. */
const CHECK_MS = 1_000;
const RETRY_MS = 1_000;

export function addStream(app: Hono<ApiEnv>, doors: Doors): void {
  const hub = createHub(doors);
  app.get("/api/v1/events", async (c) => {
    const query = readQuery(c.env.url, {});
    if (query instanceof Response) return query;
    if (c.req.method === "HEAD") return new Response(null, { headers: HEADERS });
    if (hub.size >= STREAMS_MAX) {
      return problem(503, `${STREAMS_MAX} streams are open, which is all that this peer serves.`, {
        headers: { "retry-after": "10" },
      });
    }
    const { access } = c.env;
    if (access.kind !== "key" && hub.sizeOf(access.user) >= STREAMS_OF_USER_MAX) {
      return problem(429, `${STREAMS_OF_USER_MAX} streams of this user are open, which is all that one may have.`, {
        headers: { "retry-after": "10" },
      });
    }
    // A browser that listens will soon list, search and sort.
    if (c.env.access.kind === "session") doors.catalogue.warm();
    const session = await sessionView(doors, c.env.access);
    const hello = event("hello", { ...session, mesh: meshNews(doors.peer.mesh()) });
    return new Response(hub.join(c.env, hello), { headers: HEADERS });
  });
}

const HEADERS = { "content-type": "text/event-stream", "x-accel-buffering": "no" };

type Whose = Pick<ApiEnv["Bindings"], "access" | "user" | "isEveryone">;

type Listener = Whose & {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  queue: string[];
  length: number;
  dropped: number;
};

/** `user`: whose it is; absent: everyone's. */
type News = { readonly text: string; readonly user?: UserId };

type Hub = {
  readonly size: number;
  sizeOf(user: UserId): number;
  join(whose: Whose, hello: string): ReadableStream<Uint8Array>;
};

function createHub({ peer, gatekeeper, closing, log }: Doors): Hub {
  const encoder = new TextEncoder();
  const listeners = new Set<Listener>();
  let unwatch: (() => void) | undefined;
  let flushing: ReturnType<typeof setTimeout> | undefined;
  let meshTelling: ReturnType<typeof setTimeout> | undefined;
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let check: ReturnType<typeof setInterval> | undefined;
  let isChecking = false;
  closing.addEventListener("abort", () => {
    for (const listener of [...listeners]) end(listener);
  });
  return {
    get size() {
      return listeners.size;
    },
    sizeOf: (user) => [...listeners].filter(({ access }) => access.user === user).length,
    join({ access, user, isEveryone }, hello) {
      let listener: Listener | undefined;
      return new ReadableStream<Uint8Array>({
        start(controller) {
          listener = { access, user, isEveryone, controller, queue: [], length: 0, dropped: 0 };
          listeners.add(listener);
          // A first byte at once, so that proxies and browsers see the stream open; and what a page need not ask for then:
          // who it is for, and how the mesh stands, of which only changes are told later.
          controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n: welcome\n\n${hello}`));
          if (closing.aborted) end(listener);
          else if (listeners.size === 1) open();
        },
        pull() {
          if (listener !== undefined && listeners.has(listener)) flush(listener);
        },
        cancel() {
          if (listener !== undefined) leave(listener);
        },
      }, new ByteLengthQueuingStrategy({ highWaterMark: WRITTEN_MAX_BYTES }));
    },
  };

  function open(): void {
    unwatch = peer.watch(hear);
    heartbeat = setInterval(() => {
      for (const { controller } of listeners) {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(": \n\n"));
      }
    }, HEARTBEAT_MS);
    check = setInterval(() => void checkAll(), CHECK_MS);
  }

  function hear(notice: Notice): void {
    if (notice.kind !== "mesh") return tell(notice);
    // Many things change at once when a peer comes or goes: what is told is how it stands a moment later.
    meshTelling ??= setTimeout(() => {
      meshTelling = undefined;
      tell(notice);
    }, MESH_PAUSE_MS);
  }

  function tell(notice: Notice): void {
    const news = rendered(notice);
    if (news === undefined) return;
    const { text, user } = news;
    for (const listener of listeners) {
      if (user !== undefined && user !== listener.user && !listener.isEveryone) continue;
      if (listener.queue.length >= QUEUED_MAX || listener.length + text.length > QUEUED_MAX_LENGTH) {
        listener.dropped++;
        continue;
      }
      listener.queue.push(text);
      listener.length += text.length;
    }
    flushing ??= setTimeout(() => {
      flushing = undefined;
      for (const listener of listeners) flush(listener);
    }, FLUSH_MS);
  }

  /** A notice that can't be shown is the API's trouble, never that of the loop which tells it. */
  function rendered(notice: Notice): News | undefined {
    try {
      return render(notice);
    } catch (error) {
      log("error", "a notice could not be shown", { notice: notice.kind, error: String(error) });
      return undefined;
    }
  }

  function render(notice: Notice): News | undefined {
    switch (notice.kind) {
      case "task": {
        const view = showTask(notice.dossier, ownershipOf(peer, notice.dossier), peer.now())?.view;
        return view === undefined ? undefined : { text: event("task", view), user: view.user };
      }
      case "removed":
        return { text: event("removed", { id: notice.task, user: notice.user }), user: notice.user };
      case "target": {
        const { name, user, isRemoved } = notice;
        return { text: event("target", { name, user, removed: isRemoved }), user };
      }
      case "run":
        return { text: event("run", runView(notice.run)), user: notice.run.user };
      case "lane":
        return { text: event("breaker", laneView(notice.lane)), user: ADMIN };
      case "mesh":
        return { text: event("mesh", meshNews(peer.mesh())) };
    }
  }

  function flush(listener: Listener): void {
    const { controller, queue, dropped } = listener;
    if ((queue.length === 0 && dropped === 0) || (controller.desiredSize ?? 0) <= 0) return;
    listener.queue = [];
    listener.length = 0;
    listener.dropped = 0;
    controller.enqueue(encoder.encode(queue.join("") + (dropped === 0 ? "" : event("lag", { dropped }))));
  }

  async function checkAll(): Promise<void> {
    if (isChecking) return;
    isChecking = true;
    try {
      for (const listener of [...listeners]) {
        if (!await gatekeeper.holds(listener.access)) end(listener);
      }
    } catch (error) {
      // What can't be checked is not trusted.
      log("error", "streams were ended, because their tokens could not be checked", { error: String(error) });
      for (const listener of [...listeners]) if (listener.access.kind !== "key") end(listener);
    } finally {
      isChecking = false;
    }
  }

  function end(listener: Listener): void {
    if (!listeners.has(listener)) return;
    leave(listener);
    listener.controller.close();
  }

  function leave(listener: Listener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    unwatch?.();
    unwatch = undefined;
    clearTimeout(flushing);
    flushing = undefined;
    clearTimeout(meshTelling);
    meshTelling = undefined;
    clearInterval(heartbeat);
    clearInterval(check);
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
