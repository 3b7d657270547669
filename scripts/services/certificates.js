// A certificate authority of this folder alone, and a certificate by it for brokers on this machine.

import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { has, installed } from "./packages.js";

/** Paths: `ca`, `cert`, `key` of the brokers; `both` is the key (PKCS #8) and the certificate in one. */
export function certificates(folder) {
  const path = (name) => join(folder, name);
  const paths = { ca: path("ca.pem"), cert: path("server.pem"), key: path("server.key"), both: path("both.pem") };
  if (existsSync(paths.both)) return paths;
  if (!has("openssl")) installed("/usr/bin/openssl", ["openssl"]);
  const openssl = (...args) => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
  };
  const days = ["-days", "3650"];
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...fresh, ...days, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Metronome tests");
  openssl("req", ...fresh, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(path("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n");
  openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
    ...[...days, "-extfile", "names", "-out", "server.pem"],
  );
  const both = spawnSync("sh", ["-c", "cat server.key server.pem ca.pem > both.pem"], { cwd: folder });
  if (both.status !== 0) throw new Error("the certificates could not be written");
  return paths;
}
