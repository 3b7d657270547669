// A message, told to the actor that it is for.

import type { Known } from "../protocol/follows.ts";
import type { TaskActor } from "./actor.ts";
import type { Message } from "./mail.ts";
import type { Turn } from "./turn.ts";

const NONE: Known = () => undefined;

export function handOver(message: Message, actor: TaskActor, turn: Turn): void {
  switch (message.kind) {
    case "wake":
      return actor.wake(turn);
    case "command":
      return actor.command(turn, message.ticket, message.command.command, message.command.once, message.known ?? NONE);
    case "attempted":
      return actor.attempted(turn, message.id, message.result);
    case "release":
      return actor.release(turn);
    case "merge":
      return actor.merge(turn, message.entity);
    case "follow":
      return actor.follow(turn, message.told, message.known);
    case "polled":
      return actor.polled(turn, message);
  }
}
