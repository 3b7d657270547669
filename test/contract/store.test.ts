// The contract of the store, over memory and over LevelDB.

import { levelKeyValue } from "../../src/store/level.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { makeFolder } from "./store-folder.ts";
import { storeContract } from "./store.suite.ts";

storeContract("records in memory", () => {
  const keyValue = memoryKeyValue();
  return Promise.resolve({ keyValue, [Symbol.asyncDispose]: () => keyValue.close() });
});

// As if many came all the time: all that may be is kept in the backlog first.
storeContract("records behind a backlog", () => {
  const keyValue = memoryKeyValue();
  return Promise.resolve({ keyValue, [Symbol.asyncDispose]: () => keyValue.close() });
}, { now: () => 0, later: () => {}, many: 0 });

storeContract("records in LevelDB", async () => {
  const folder = await makeFolder();
  const keyValue = await levelKeyValue({ path: folder.path });
  return {
    keyValue,
    async [Symbol.asyncDispose]() {
      await keyValue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
});
