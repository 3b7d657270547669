// Mosquitto: a listener for anybody and one with TLS; and a broker of its own for those with a password, where nobody may
// publish below `forbidden/`. They are two since a broker that judges topics, or each listener by itself, keeps nothing
// after its restart for a subscriber that has not come back yet: it does not know what that one may read.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed } from "./packages.js";
import { freePorts } from "./ports.js";
import { listening, startProcess } from "./processes.js";
import { ROBOT, USERINFO } from "./users.js";

const PROGRAM = "/usr/sbin/mosquitto";
const PORTS = { mqtt: 26883, mqtts: 26884, password: 26885 };

export const mosquitto = {
  async start({ folder, tls, before }) {
    installed(PROGRAM, ["mosquitto", "mosquitto-clients"]);
    const ports = await freePorts(PORTS, before?.ports);
    const path = (name) => join(folder, name);
    writeFileSync(path("acl"), `user ${ROBOT.user}\ntopic readwrite #\ntopic deny forbidden/#\n`);
    writeFileSync(path("users"), `${ROBOT.user}:${ROBOT.password}\n`, { mode: 0o600 });
    const hashed = spawnSync("mosquitto_passwd", ["-U", path("users")], { encoding: "utf8" });
    if (hashed.status !== 0) throw new Error(`mosquitto_passwd failed: ${hashed.stderr}`);
    const common = ["user root", "log_dest stderr", "max_inflight_messages 0", "max_queued_messages 0"];
    const open = [
      ...[`persistence_location ${folder}/`, "persistence true", "message_size_limit 1048576", "allow_anonymous true"],
      `listener ${ports.mqtt} 127.0.0.1`,
      ...[`listener ${ports.mqtts} 127.0.0.1`, `cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`],
    ];
    const closed = [
      ...["allow_anonymous false", `password_file ${path("users")}`, `acl_file ${path("acl")}`],
      `listener ${ports.password} 127.0.0.1`,
    ];
    const log = path("mosquitto.log");
    const processes = Object.entries({ open, closed }).map(([name, settings]) => {
      writeFileSync(path(`${name}.conf`), `${[...common, ...settings].join("\n")}\n`);
      return startProcess(PROGRAM, ["-c", path(`${name}.conf`)], { log, cwd: folder });
    });
    await listening(ports.mqtts, processes, { log });
    await listening(ports.password, processes, { log });
    return {
      processes,
      ports,
      urns: {
        plain: `mqtt://127.0.0.1:${ports.mqtt}`,
        tls: `mqtts://127.0.0.1:${ports.mqtts}`,
        password: `mqtt://${USERINFO}@127.0.0.1:${ports.password}`,
      },
    };
  },
};
