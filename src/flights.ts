// The attempts in flight: each can be aborted by its name. They stand in places that are used again, and not in a
// map: see `trigger/deadlines.ts` for what a map does to what comes and goes.

import type { OccurrenceId } from "./core/task/occurrence.ts";
import type { StopSignal } from "./trigger/trigger.ts";

export class Flights {
  readonly #places = new Map<string, number>();
  readonly #flights: (Flight | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }

  /** The signal that the attempt is to obey. */
  start(id: string): StopSignal {
    const flight = new Flight();
    const place = this.#free.pop() ?? this.#flights.length;
    this.#flights[place] = flight;
    this.#places.set(id, place);
    return flight;
  }

  land(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    this.#flights[place] = undefined;
    this.#free.push(place);
  }

  abort(id: string): void {
    const place = this.#places.get(id);
    if (place !== undefined) this.#flights[place]?.abort();
  }

  abortAll(): void {
    for (const flight of [...this.#flights]) flight?.abort();
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
