// The connections of one client of Kafka's, which are its own business, but for how much may come by them and when they
// end: a client that is given up goes on trying for a while.

import type { Socket } from "node:net";
import { boundAnswers } from "./kafka-answers.ts";

/** What a broker may answer: what it tells of all topics of a large cluster is some MiB. */
const ANSWER_MAX_BYTES = 32 * 1024 * 1024;

export class Lines {
  readonly #sockets = new Set<Socket>();
  #isOver = false;

  add(socket: Socket): Socket {
    socket.setNoDelay(true);
    boundAnswers(socket, ANSWER_MAX_BYTES);
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (this.#isOver) socket.destroy(new Error("the client has gone"));
    return socket;
  }

  /** Ends them, and any that are still to come. */
  end(): void {
    this.#isOver = true;
    for (const socket of this.#sockets) socket.destroy(new Error("the client has gone"));
  }
}
