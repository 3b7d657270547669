// Certificates for tests: an authority of each test's own, one for a server at localhost, one whose time is over, one for a
// client, and one by somebody else.

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Pair = { readonly cert: string; readonly key: string };

export type Certificates = {
  readonly ca: string;
  readonly otherCa: string;
  /** For `localhost` and `127.0.0.1`. */
  readonly server: Pair;
  readonly expired: Pair;
  readonly client: Pair;
};

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "metronome-certificates-"));
  const openssl = (...args: readonly string[]) => {
    const { status, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const fresh = [...newKey, "-days", "30"];
  const localhost = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const own = (name: string) =>
    openssl("req", "-x509", ...fresh, "-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${name}`);
  const signed = (name: string, extension: string) =>
    openssl(
      ...["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", ...fresh, "-subj", `/CN=${name}`],
      ...["-keyout", `${name}.key`, "-out", `${name}.pem`, "-addext", extension],
      ...["-addext", "basicConstraints=critical,CA:FALSE"],
    );
  const read = (file: string) => readFile(join(folder, file), "utf8");
  const pair = async (name: string) => ({ cert: await read(`${name}.pem`), key: await read(`${name}.key`) });
  try {
    own("ca");
    own("other");
    signed("server", localhost);
    await writeFile(join(folder, "names"), localhost);
    openssl("req", "-new", ...newKey, "-subj", "/CN=expired", "-keyout", "expired.key", "-out", "expired.csr");
    openssl(
      ...["x509", "-req", "-in", "expired.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-days", "-1", "-extfile", "names", "-out", "expired.pem"],
    );
    signed("client", "extendedKeyUsage=clientAuth");
    return {
      ca: await read("ca.pem"),
      otherCa: await read("other.pem"),
      server: await pair("server"),
      expired: await pair("expired"),
      client: await pair("client"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
