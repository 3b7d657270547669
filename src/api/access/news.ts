// News of other peers come within a second, where the mesh is not cut. Who asks for something that may be on its way waits
// that long for it.

const NEWS_MS = 2_000;
const LOOK_MS = 50;

/** What is looked for; absent when it has not come in time. */
export async function news<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let waitedMs = 0; waitedMs < NEWS_MS; waitedMs += LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const found = await look();
    if (found !== undefined) return found;
  }
  return undefined;
}
