// The attempts in flight: each can be aborted by its name.

import type { OccurrenceId } from "../core/task/occurrence.ts";
import { IdMap } from "../core/values/id-map.ts";
import type { StopSignal } from "../trigger/trigger.ts";

export class Flights {
  readonly #flights = new IdMap<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  /** The signal that the attempt is to obey. */
  start(id: string): StopSignal {
    const flight = new Flight();
    this.#flights.set(id, flight);
    return flight;
  }

  land(id: string): void {
    this.#flights.delete(id);
  }

  abort(id: string): void {
    this.#flights.get(id)?.abort();
  }

  abortAll(): void {
    for (const flight of this.#flights.values()) flight.abort();
  }
}

class Flight implements StopSignal {
  aborted = false;
  #listeners: ((event: unknown) => void)[] | undefined;

  addEventListener(_: "abort", listener: (event: unknown) => void): void {
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  removeEventListener(_: "abort", listener: (event: unknown) => void): void {
    const listeners = this.#listeners;
    // As nearly always.
    if (listeners?.length === 1 && listeners[0] === listener) this.#listeners = undefined;
    else this.#listeners = listeners?.filter((each) => each !== listener);
  }

  /** Once: who listened is told, and not again. */
  abort(): void {
    this.aborted = true;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(this);
  }
}

/** What another peer asked for may fly beside an attempt of this one's of the same occurrence. */
export function flightOf({ id, isGuest }: { readonly id: OccurrenceId; readonly isGuest?: true | undefined }): string {
  return isGuest === true ? `guest ${id}` : id;
}
