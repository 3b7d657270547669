// RabbitMQ: a listener for AMQP and one with TLS, and its own HTTP API to look into queues by. `guest` may do all but
// write to what is called `forbidden…`; the vhost `shop/1` has a slash in its name.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed } from "./packages.js";
import { freePorts } from "./ports.js";
import { listening, startProcess } from "./processes.js";
import { ROBOT, USERINFO } from "./users.js";

const FOLDER = "/usr/lib/rabbitmq/bin";
const PORTS = { amqp: 26672, amqps: 26671, http: 26673, distribution: 26674, names: 26675 };

export const rabbitmq = {
  async start({ folder, tls, before }) {
    installed(`${FOLDER}/rabbitmq-server`, ["rabbitmq-server"]);
    const ports = await freePorts(PORTS, before?.ports);
    const path = (name) => join(folder, name);
    for (const name of ["data", "log"]) mkdirSync(path(name), { recursive: true });
    writeFileSync(path("enabled_plugins"), "[rabbitmq_management].\n");
    writeFileSync(path("definitions.json"), JSON.stringify(definitions()));
    const settings = [
      `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
      `listeners.ssl.1 = 127.0.0.1:${ports.amqps}`,
      ...[`ssl_options.cacertfile = ${tls.ca}`, `ssl_options.certfile = ${tls.cert}`],
      ...[`ssl_options.keyfile = ${tls.key}`, "ssl_options.verify = verify_none"],
      ...["management.tcp.ip = 127.0.0.1", `management.tcp.port = ${ports.http}`],
      `load_definitions = ${path("definitions.json")}`,
      // The machine's disk may be nearly full, which is no matter of these tests.
      ...["disk_free_limit.absolute = 50MB", "log.file.level = warning", "log.console = false"],
    ];
    writeFileSync(path("rabbitmq.conf"), `${settings.join("\n")}\n`);
    const env = {
      HOME: folder,
      LANG: "C.UTF-8",
      RABBITMQ_CONF_ENV_FILE: path("none"),
      RABBITMQ_NODENAME: "metronome@localhost",
      RABBITMQ_CONFIG_FILE: path("rabbitmq.conf"),
      RABBITMQ_ENABLED_PLUGINS_FILE: path("enabled_plugins"),
      RABBITMQ_MNESIA_BASE: path("data"),
      RABBITMQ_LOG_BASE: path("log"),
      RABBITMQ_DIST_PORT: String(ports.distribution),
      ERL_EPMD_PORT: String(ports.names),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      // A scheduler of Erlang's that spins while it waits takes the core from whoever is measured.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none",
    };
    const log = path("rabbitmq.log");
    // The name server of Erlang would start by itself, and outlive the broker.
    const names = startProcess("epmd", ["-address", "127.0.0.1", "-port", String(ports.names)], {
      log,
      env,
      cwd: folder,
    });
    await listening(ports.names, [names], { log });
    const broker = startProcess(`${FOLDER}/rabbitmq-server`, [], { log, env, cwd: folder });
    const processes = [names, broker];
    await listening(ports.amqps, processes, { log });
    await listening(ports.http, processes, { log });
    return {
      processes,
      ports,
      urns: {
        plain: `amqp://127.0.0.1:${ports.amqp}`,
        tls: `amqps://127.0.0.1:${ports.amqps}`,
        password: `amqp://${USERINFO}@127.0.0.1:${ports.amqp}`,
      },
      http: `http://127.0.0.1:${ports.http}/api`,
      control: { command: `${FOLDER}/rabbitmqctl`, env },
    };
  },
};

function definitions() {
  const everything = { configure: ".*", write: ".*", read: ".*" };
  const users = [{ name: "guest", password: "guest" }, { name: ROBOT.user, password: ROBOT.password }];
  const vhosts = [{ name: "/" }, { name: "shop/1" }];
  const rights = { guest: { ...everything, write: "^(?!forbidden)" }, [ROBOT.user]: everything };
  return {
    users: users.map((user) => ({ ...user, tags: "administrator" })),
    vhosts,
    permissions: vhosts.flatMap(({ name: vhost }) => users.map(({ name: user }) => ({ user, vhost, ...rights[user] }))),
    queues: [{ name: "hello", vhost: "/", durable: true, auto_delete: false, arguments: {} }],
  };
}
