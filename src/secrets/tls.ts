// The certificate of the HTTP side: of files, or one that the peer signs itself, once, and keeps in its data folder, so
// that its fingerprint stays what people have compared.

import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { type Certified, selfSigned } from "./certificate.ts";
import type { TlsConfig } from "../config.ts";
import { keepCertificate } from "../data-folder.ts";

/** Why there can be no TLS, in words for who started the program. */
export class TlsRefusal extends Error {
  override readonly name = "TlsRefusal";
}

/** `names`: host names and addresses, for a certificate that has to be made. Rejects with `TlsRefusal`. */
export async function loadTls(
  config: TlsConfig,
  { data, names, now }: { readonly data: string; readonly names: readonly string[]; readonly now: number },
): Promise<Certified> {
  if (config.kind === "files") {
    const [certificate, key] = [await read(config.certificate), await read(config.key)];
    return checked({ certificate, key }, `${config.certificate} and ${config.key}`, now);
  }
  const both = await keepCertificate(data, () => {
    const made = selfSigned(
      [...new Set([names.at(-1) ?? "metronome", ...names, "localhost", "127.0.0.1", "::1"])],
      now,
    );
    return `${made.key.trim()}\n${made.certificate.trim()}`;
  });
  const start = both.indexOf("-----BEGIN CERTIFICATE-----");
  return checked({ key: both.slice(0, start), certificate: both.slice(start) }, "tls.pem of the data folder", now);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : error;
    throw new TlsRefusal(`${path} can't be read (${code})`);
  }
}

function checked(pem: Certified, where: string, now: number): Certified {
  let ends: number;
  try {
    ends = Date.parse(new X509Certificate(pem.certificate).validTo);
    createSecureContext({ cert: pem.certificate, key: pem.key });
  } catch {
    throw new TlsRefusal(`${where} hold no PEM certificate with its key`);
  }
  if (ends <= now) throw new TlsRefusal(`the certificate in ${where} ended on ${new Date(ends).toISOString()}`);
  return pem;
}
