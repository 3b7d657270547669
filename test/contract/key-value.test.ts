// The contract of ordered texts, held by memory and by LevelDB.

import { levelKeyValue } from "../../src/store/level.ts";
import { memoryKeyValue } from "../../src/store/memory.ts";
import { keyValueContract } from "./key-value.suite.ts";
import { makeFolder } from "./store-folder.ts";

keyValueContract("memory", () => {
  const keyValue = memoryKeyValue();
  return Promise.resolve({ keyValue, [Symbol.asyncDispose]: () => keyValue.close() });
});

keyValueContract("LevelDB", async () => {
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
