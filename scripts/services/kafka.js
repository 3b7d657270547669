// Apache Kafka from its published jars: one node that is its own controller (KRaft), with a listener for anybody, one
// with TLS, one with SASL and one with both; and one that tells its clients to come by another port, where a test may
// stand between.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { has, installed } from "./packages.js";
import { freePorts } from "./ports.js";
import { isRunning, listening, startProcess } from "./processes.js";
import { Unavailable } from "./refusal.js";
import { commonFolderOf, readState } from "./state.js";
import { ROBOT, USERINFO } from "./users.js";

const VERSION = "4.1.1";
const PORTS = {
  ...{ plain: 26092, tls: 26093, sasl: 26094, both: 26095, controller: 26096, behind: 26097 },
  // Where a test may stand, and where the second node listens.
  ...{ wall: 26098, second: 26099 },
};
const HEAP = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC"];
const LISTENERS = {
  plain: "PLAINTEXT",
  tls: "SSL",
  sasl: "SASL_PLAINTEXT",
  both: "SASL_SSL",
  behind: "BEHIND",
  controller: "CONTROLLER",
};

/** Not started unless it is named: a second node, for what happens when the leader of a partition goes. */
export const kafkaSecond = {
  async start({ folder }) {
    const { classpath, ports: { controller, second } = {}, processes } = readState().kafka ?? {};
    if (!isRunning(processes)) throw new Unavailable("the first node of Kafka is not running");
    const ports = { plain: second };
    const settings = join(folder, "server.properties");
    writeFileSync(settings, secondProperties({ folder, controller, port: ports.plain }).join("\n"));
    format({ classpath, settings, folder, scram: [] });
    const log = join(folder, "kafka.log");
    const processesOfSecond = [startNode({ classpath, settings, folder, log })];
    await listening(ports.plain, processesOfSecond, { log });
    return { processes: processesOfSecond, ports, urns: { plain: `kafka://127.0.0.1:${ports.plain}` } };
  },
};

export const kafka = {
  async start({ folder, tls, before }) {
    installed("/usr/bin/java", ["openjdk-17-jre-headless"]);
    const jars = published(commonFolderOf("kafka"));
    const classpath = join(jars, "*");
    const ports = await freePorts(PORTS, before?.ports);
    const settings = join(folder, "server.properties");
    writeFileSync(settings, propertiesOf({ folder, tls, ports }).join("\n"));
    format({ classpath, settings, folder, scram: SCRAM });
    const log = join(folder, "kafka.log");
    const processes = [startNode({ classpath, settings, folder, log })];
    await listening(ports.both, processes, { log });
    const topic = ["--create", "--if-not-exists", "--topic", "hello", "--bootstrap-server", `127.0.0.1:${ports.plain}`];
    const made = spawnSync("java", [...HEAP, "-cp", classpath, "org.apache.kafka.tools.TopicCommand", ...topic]);
    if (made.status !== 0) throw new Error(`Kafka takes no topic: ${made.stderr}`);
    return {
      processes,
      ports,
      classpath,
      urns: {
        plain: `kafka://127.0.0.1:${ports.plain}`,
        tls: `kafkas://127.0.0.1:${ports.tls}`,
        sasl: `kafka://${USERINFO}@127.0.0.1:${ports.sasl}`,
        both: `kafkas://${USERINFO}@127.0.0.1:${ports.both}`,
      },
    };
  },
};

/** The folder of the jars, brought by Maven when they are not there. */
function published(folder) {
  const jars = join(folder, `jars-${VERSION}`);
  if (existsSync(jars) && readdirSync(jars).length > 0) return jars;
  if (!has("mvn")) installed("/usr/bin/mvn", ["maven"]);
  const dependency = (group, artifact, version) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  const pom = join(folder, "pom.xml");
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>metronome</groupId><artifactId>brokers</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${dependency("org.apache.kafka", "kafka_2.13", VERSION)}
${dependency("org.apache.kafka", "kafka-tools", VERSION)}
${dependency("org.slf4j", "slf4j-simple", "1.7.36")}
</dependencies></project>
`,
  );
  const draft = `${jars}.part`;
  const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
  const { status, stdout } = spawnSync("mvn", ["-B", "-q", "-f", pom, plugin, `-DoutputDirectory=${draft}`], {
    encoding: "utf8",
    timeout: 400_000,
  });
  if (status !== 0) {
    const said = stdout?.split("\n").find((line) => line.includes("[ERROR]")) ?? "no answer in time";
    throw new Unavailable(`Maven can't bring its jars: ${said.slice(0, 300)}`);
  }
  rmSync(jars, { recursive: true, force: true });
  spawnSync("mv", [draft, jars]);
  return jars;
}

function startNode({ classpath, settings, folder, log }) {
  const args = [...HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classpath, "kafka.Kafka", settings];
  return startProcess("java", args, { log, cwd: folder });
}

const SCRAM = ["256", "512"].flatMap((bits) => [
  "--add-scram",
  `SCRAM-SHA-${bits}=[name=${ROBOT.user},password=${ROBOT.password}]`,
]);

/** The first start of a folder's node says who its cluster is, and who may sign in by SCRAM. */
function format({ classpath, settings, folder, scram }) {
  if (existsSync(join(folder, "data", "meta.properties"))) return;
  mkdirSync(join(folder, "data"), { recursive: true });
  const { status, stderr, stdout } = spawnSync(
    "java",
    ["-cp", classpath, "kafka.tools.StorageTool", "format", "-t", "bWV0cm9ub21lLXRlc3Qxcg", "-c", settings, ...scram],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`Kafka's folder can't be formatted: ${stderr}${stdout}`);
}

function secondProperties({ folder, controller, port }) {
  return [
    "process.roles=broker",
    "node.id=2",
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    "controller.listener.names=CONTROLLER",
    `listeners=PLAINTEXT://127.0.0.1:${port}`,
    "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "inter.broker.listener.name=PLAINTEXT",
    `log.dirs=${join(folder, "data")}`,
  ];
}

function propertiesOf({ folder, tls, ports }) {
  const at = (names) => names.map((name) => `${LISTENERS[name]}://127.0.0.1:${ports[name]}`).join(",");
  const login = "org.apache.kafka.common.security";
  const saslOf = (listener) => [
    `listener.name.${listener}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512`,
    `listener.name.${listener}.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_${ROBOT.user}="${ROBOT.password}";`,
    ...["256", "512"].map((bits) =>
      `listener.name.${listener}.scram-sha-${bits}.sasl.jaas.config=${login}.scram.ScramLoginModule required;`
    ),
  ];
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${ports.controller}`,
    `listeners=${at(Object.keys(LISTENERS))}`,
    `advertised.listeners=${at(["plain", "tls", "sasl", "both"])},${LISTENERS.behind}://127.0.0.1:${ports.wall}`,
    `listener.security.protocol.map=${
      Object.values(LISTENERS).map((name) => `${name}:${/^(CONTROLLER|BEHIND)$/.test(name) ? "PLAINTEXT" : name}`).join(
        ",",
      )
    }`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    ...saslOf("sasl_plaintext"),
    ...saslOf("sasl_ssl"),
    ...["ssl.keystore.type=PEM", `ssl.keystore.location=${tls.both}`],
    `log.dirs=${join(folder, "data")}`,
    "num.partitions=4",
    "offsets.topic.num.partitions=1",
    "offsets.topic.replication.factor=1",
    "transaction.state.log.num.partitions=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    "controlled.shutdown.enable=false",
  ];
}
