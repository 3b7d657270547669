// The lines of the README that show each kind of broker, as a user runs them: a task is added by the command line, and
// what came is read by the broker's own tool.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { service, there, titleOf, whyNot } from "../contract/broker.ts";
import { call, ROOT, RUNTIME, Site, TOKEN, until } from "./peer.ts";

const [rabbitmq, kafka, mosquitto] = [service("rabbitmq"), service("kafka"), service("mosquitto")];
const missing = [rabbitmq, kafka, mosquitto].map(whyNot).filter((why) => why !== undefined);

/** What the README shows for the brokers: pairs of a line that adds a task and one that reads. */
function linesOfReadme(): readonly string[] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const block = readme.split("```sh\n").map((part) => part.split("```")[0] ?? "").find((each) =>
    each.includes("--id to-rabbit")
  );
  return (block ?? "").replaceAll("\\\n", "").split("\n").filter((line) => line !== "");
}

/** The line, with the ports and the folder of the brokers that these tests have. */
function here(line: string): string {
  const [rabbit, log, bus] = [there(rabbitmq), there(kafka), there(mosquitto)];
  const ours = new Map<string, string | number | undefined>([
    ["26672", rabbit.ports.amqp],
    ["26673", rabbit.ports.http],
    ["26092", log.ports.plain],
    ["26883", bus.ports.mqtt],
    ["node_modules/.cache/services/kafka/jars-4.1.1/*", log.classpath],
  ]);
  return [...ours].reduce((text, [shown, own]) => text.replaceAll(shown, String(own)), line);
}

const why = missing.length === 0 ? undefined : missing.join("; ");
test(titleOf("what the README shows for each broker is so", why), { skip: why ?? false }, async () => {
  await using site = new Site();
  const { http } = await site.start().ready();
  const env = { ...process.env, METRONOME_URL: http, METRONOME_TOKEN: TOKEN, METRONOME_RUNTIME: RUNTIME };
  const lines = linesOfReadme().map(here);
  assert.equal(lines.length, 6);
  const pairs = [0, 2, 4].map((at) => lines.slice(at, at + 2));
  const ids = ["to-rabbit", "to-kafka", "to-mqtt"];
  for (const [add = ""] of pairs) {
    const { status, stderr } = spawnSync("sh", ["-c", add], { cwd: ROOT, env });
    assert.equal(status, 0, `${add}\n${stderr}`);
  }
  await Promise.all(pairs.map(async ([, read = ""], n) => {
    const id = ids[n] ?? "";
    await using reader = reading(read, env);
    await until(`${id} has come`, async () => {
      const { items } = (await call(http, `/api/v1/tasks/${id}/runs`)).body;
      const runs: readonly { readonly id: string; readonly outcome: string | null }[] = items;
      return runs.some((run) => run.outcome === "delivered" && reader.said().includes(run.id));
    });
  }));
});

type Reader = AsyncDisposable & { readonly said: () => string };

/** Runs the line, and again when it ends, for as long as it is asked. */
function reading(line: string, env: NodeJS.ProcessEnv): Reader {
  let said = "";
  let isOver = false;
  let child: ReturnType<typeof start> | undefined;
  const start = () => {
    const started = spawn("sh", ["-c", `exec ${line}`], { cwd: ROOT, env, stdio: ["ignore", "pipe", "ignore"] });
    started.stdout.setEncoding("utf8").on("data", (text: string) => said += text);
    return started;
  };
  const ended = (async () => {
    while (!isOver) {
      child = start();
      await new Promise((resolve) => child?.once("close", resolve));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return {
    said: () => said,
    async [Symbol.asyncDispose]() {
      isOver = true;
      child?.kill();
      await ended;
    },
  };
}
