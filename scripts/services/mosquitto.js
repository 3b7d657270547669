// Mosquitto: a listener for anybody, one with TLS, one with a password. Nobody may publish below `forbidden/`.

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
    const rights = "topic readwrite #\ntopic deny forbidden/#\n";
    writeFileSync(path("acl"), `${rights}user ${ROBOT.user}\n${rights}`);
    writeFileSync(path("users"), `${ROBOT.user}:${ROBOT.password}\n`, { mode: 0o600 });
    const hashed = spawnSync("mosquitto_passwd", ["-U", path("users")], { encoding: "utf8" });
    if (hashed.status !== 0) throw new Error(`mosquitto_passwd failed: ${hashed.stderr}`);
    const acl = `acl_file ${path("acl")}`;
    const settings = [
      "per_listener_settings true",
      "user root",
      "log_dest stderr",
      "max_inflight_messages 0",
      "max_queued_messages 0",
      `persistence_location ${folder}/`,
      ...[`listener ${ports.mqtt} 127.0.0.1`, "allow_anonymous true", acl],
      "persistence true",
      "message_size_limit 1048576",
      ...[`listener ${ports.mqtts} 127.0.0.1`, "allow_anonymous true", acl],
      ...[`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`],
      ...[`listener ${ports.password} 127.0.0.1`, "allow_anonymous false", acl, `password_file ${path("users")}`],
    ];
    writeFileSync(path("mosquitto.conf"), `${settings.join("\n")}\n`);
    const log = path("mosquitto.log");
    const processes = [startProcess(PROGRAM, ["-c", path("mosquitto.conf")], { log, cwd: folder })];
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
