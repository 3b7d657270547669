// Kafka's own console consumer, which knows nothing of the client that the peer writes with.

import { spawn } from "node:child_process";
import type { Service } from "./broker.ts";

/** Lines of `partition, headers, key, value`, as many as are asked for, from the topic's start. */
export async function consoleConsumer(
  { classpath = "", ports }: Service,
  topic: string,
  count: number,
): Promise<string[]> {
  const shown = ["partition", "headers", "key", "value"].flatMap((name) => ["--property", `print.${name}=true`]);
  const child = spawn("java", [
    ...["-Xmx128m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", classpath],
    ...["org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", `127.0.0.1:${ports.plain}`],
    ...["--topic", topic, "--from-beginning", "--max-messages", String(count), "--timeout-ms", "30000", ...shown],
  ], { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout.on("data", (chunk) => text += chunk);
  await new Promise((resolve) => child.once("close", resolve));
  return text.split("\n").filter((line) => line !== "");
}
