// What this peer has had: the digests of its vectors of late. What a vector covers is never lost, so who says that it holds
// what this peer once held has nothing that is not here. In a mesh of a hundred something new is always on its way to
// somebody, and no two hold the same at the same moment; to sync for that would cost more than all else.

/** With twenty broadcasts a second those of the last ten seconds: what comes later than that is asked for. */
const HAD_MAX = 256;

export class Had {
  readonly #digests = new Set<string>();

  /** This peer holds that now. */
  note(digest: string): void {
    if (this.#digests.has(digest)) return;
    this.#digests.add(digest);
    for (const oldest of this.#digests) {
      if (this.#digests.size <= HAD_MAX) break;
      this.#digests.delete(oldest);
    }
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }
}
