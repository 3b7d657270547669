// All entities of a kind, page by page, so that no number of them hides one.

import type { Entity, EntityKind } from "../../core/register/register.ts";
import type { Peer } from "../../peer.ts";

const PAGE = 1_000;

/** What was deleted is among them, as long as it is remembered. */
export async function* everyEntity(peer: Pick<Peer, "entities">, kind: EntityKind): AsyncGenerator<Entity> {
  let page = await peer.entities(kind, PAGE);
  while (true) {
    yield* page;
    if (page.length < PAGE) return;
    page = await peer.entities(kind, PAGE, page.at(-1)?.key);
  }
}
