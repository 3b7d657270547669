// The seed's WebSocket: the client's first text is its token; then it is told of each change of its tasks, and of each
// run that ended. Who may no longer listen is cut off within a second, and who does not keep up as well: the seed's
// client opens another one, and lists its tasks anew.

import type { Notice } from "../../core/delivery/notice.ts";
import { taskOf } from "../../core/task/task-entity.ts";
import { type TaskGuid, taskGuid } from "../../core/values/ids.ts";
import type { Access } from "../access/access.ts";
import type { Doors } from "../doors.ts";
import { type Accept, CLOSED, type Socket } from "../request/socket.ts";
import { urnOf, v0Removed, v0State, v0Task } from "./v0-view.ts";

/** Of those who have shown no token yet, the eldest makes room for who comes. */
const SOCKETS_MAX = 100;
const SOCKETS_OF_USER_MAX = 50;
/** A client that has connected has its token at hand. */
const TOKEN_MS = 10_000;
const CHECK_MS = 1_000;
const WAITING_MAX = 4 * 1024 * 1024;
/** Notices whose URN is still looked up. */
const UNTOLD_MAX = 10_000;
/** Of the tasks whose runs were told last. */
const URNS_MAX = 10_000;

/** `undefined`: as many are open as there may be. */
export function createV0Sockets(
  { peer, gatekeeper, closing, log }: Pick<Doors, "peer" | "gatekeeper" | "closing" | "log">,
): () => Accept | undefined {
  const listeners = new Map<Socket, Access>();
  const urns = new Map<TaskGuid, string>();
  const strangers = new Set<Socket>();
  let unwatch: (() => void) | undefined;
  let check: ReturnType<typeof setInterval> | undefined;
  /** Texts go out in the order of what they tell, though some have to be looked up. */
  let last: Promise<void> = Promise.resolve();
  let untold = 0;

  closing.addEventListener("abort", () => {
    for (const socket of [...listeners.keys(), ...strangers]) socket.close(CLOSED.going, "the peer is stopping");
  });
  return () => {
    if (listeners.size + strangers.size < SOCKETS_MAX) return accept;
    const [eldest] = strangers;
    if (eldest === undefined) return undefined;
    strangers.delete(eldest);
    eldest.close(CLOSED.later, "others came");
    return accept;
  };

  function accept(socket: Socket): void {
    strangers.add(socket);
    let isAsked = false;
    const late = setTimeout(() => socket.close(CLOSED.refused, "no token came"), TOKEN_MS);
    socket.onClose(() => {
      strangers.delete(socket);
      clearTimeout(late);
      leave(socket);
    });
    socket.onText((text) => {
      // The seed took no notice of what came after.
      if (isAsked || !strangers.has(socket)) return;
      isAsked = true;
      clearTimeout(late);
      void enter(socket, text);
    });
    if (closing.aborted) socket.close(CLOSED.going, "the peer is stopping");
  }

  async function enter(socket: Socket, text: string): Promise<void> {
    const access = await gatekeeper.recognize(text.replace(/^Bearer +/i, "")).catch(() => undefined);
    // It may have closed meanwhile, or have had to make room.
    if (!strangers.delete(socket)) return;
    if (access === undefined || !access.scopes.includes("read")) return socket.close(CLOSED.refused, "Unauthorized");
    const own = [...listeners.values()].filter(({ user }) => user === access.user).length;
    if (own >= SOCKETS_OF_USER_MAX) return socket.close(CLOSED.later, "as many of this user's are open as may be");
    if (listeners.size === 0) {
      unwatch = peer.watch(hear);
      check = setInterval(() => void checkAll(), CHECK_MS);
    }
    listeners.set(socket, access);
  }

  function leave(socket: Socket): void {
    if (!listeners.delete(socket) || listeners.size > 0) return;
    unwatch?.();
    clearInterval(check);
    urns.clear();
  }

  function hear(notice: Notice): void {
    const user = userOf(notice);
    if (user === undefined || ![...listeners.values()].some((access) => access.user === user)) return;
    if (untold >= UNTOLD_MAX) {
      for (const socket of listeners.keys()) socket.close(CLOSED.later, "too slow");
      return;
    }
    untold++;
    last = last.then(() => tell(notice, user)).catch((error: unknown) => {
      log("error", "a notice could not be shown", { notice: notice.kind, error: String(error) });
    }).finally(() => untold--);
  }

  async function tell(notice: Notice, user: string): Promise<void> {
    const text = await textOf(notice);
    if (text === undefined) return;
    for (const [socket, access] of listeners) {
      if (access.user !== user) continue;
      if (socket.waiting + text.length > WAITING_MAX) socket.close(CLOSED.later, "too slow");
      else socket.send(text);
    }
  }

  async function textOf(notice: Notice): Promise<string | undefined> {
    switch (notice.kind) {
      case "task": {
        const task = taskOf(notice.dossier.entity);
        if (task === undefined) return undefined;
        remember(task.guid, urnOf(task.definition.target));
        return `task:${JSON.stringify(v0Task(task))}`;
      }
      case "removed": {
        const { user, task: id } = notice;
        return `task:${JSON.stringify(v0Removed({ guid: taskGuid(user, id), id, user }, peer.now()))}`;
      }
      case "run": {
        if (notice.run.outcome === undefined) return undefined;
        const state = v0State(notice.run, await urnOfTask(notice.run.guid));
        return state === undefined ? undefined : `state:${JSON.stringify(state)}`;
      }
      case "target":
      case "lane":
      case "mesh":
        return undefined;
    }
  }

  async function urnOfTask(guid: TaskGuid): Promise<string> {
    const known = urns.get(guid);
    if (known !== undefined) return known;
    const task = taskOf((await peer.dossier(guid)).entity);
    const urn = task === undefined ? "" : urnOf(task.definition.target);
    remember(guid, urn);
    return urn;
  }

  function remember(guid: TaskGuid, urn: string): void {
    if (urns.size >= URNS_MAX) urns.clear();
    urns.set(guid, urn);
  }

  async function checkAll(): Promise<void> {
    for (const [socket, access] of listeners) {
      // What can't be checked is not trusted.
      const holds = await gatekeeper.holds(access).catch(() => false);
      if (!holds) socket.close(CLOSED.refused, "Unauthorized");
    }
  }
}

function userOf(notice: Notice): string | undefined {
  switch (notice.kind) {
    case "task":
      return taskOf(notice.dossier.entity)?.user;
    case "removed":
      return notice.user;
    case "run":
      return notice.run.user;
    case "target":
    case "lane":
    case "mesh":
      return undefined;
  }
}
