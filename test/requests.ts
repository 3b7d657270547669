// Requests made of an OpenAPI document: each of its operations, with the parameters, headers and bodies that its schemas
// describe, and with ids that exist; as they should be, and wrong in all the ways in which people and programs are.

export type MadeRequest = {
  /** `PUT /api/v1/tasks/{id}`: which operation it is meant for. */
  readonly operation: string;
  readonly method: string;
  /** Path and query, as they go over the wire. */
  readonly target: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
};

export type RequestSettings = {
  readonly document: unknown;
  /** 0 to 1, from a seed. */
  readonly chance: () => number;
  /** Ids that exist, by what stands before them in the path: `tasks`, `targets`, `peers`. */
  readonly ids: { readonly [collection: string]: readonly string[] };
  /** Operations that are left out. */
  readonly without?: readonly string[];
};

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly example?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
};

type Parameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
};

type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
};

type Document = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
};

/** Texts that trip readers up, or once did. */
const ODD: readonly string[] = [
  ...["", " ", "null", "0", "-1", "1e999", "9007199254740993", "true", "[]", "{}", "\u0000", "\ud800", "\u202e", "%"],
  ...["%2F", "%00", "%ff", "..", ".", "*", '"', 'W/"x"', '"x', ",", "__proto__", "constructor", "toString", "R/"],
  "R/2026-02-30T00:00:00Z/PT1H",
  "R-1/2026-01-01T00:00:00Z/PT0S",
  "R99999999999999999999/2026-01-01T00:00:00Z/PT1S",
  "R/2026-01-01T00:00:00[Europe/Paris]/P1M/ET1H",
  "R5/PT1H/2026-01-01T00:00:00Z",
  ...["9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00+23:59", "P99999999999Y", "PT0.000000001S", "http://"],
  ...["http://[::1", "http://a:b@c:99999/", "javascript:alert(1)", "<script>alert(1)</script>", "x".repeat(300)],
  ...["é☃𝒳", "a\r\nx-injected: 1", "{{id}}", "{{", "mts1.AAAA", "***", "http://a:***@b/", "../../etc/passwd"],
];

/** What a schema can't say, by the name of the property: the texts of our own languages. */
const GOOD: { readonly [name: string]: readonly unknown[] } = {
  schedule: ["R/2026-01-01T00:00:00Z/PT1H", "R5/2026-01-01T00:00:00Z/P1D/ET5M", "0 9 * * 1-5", "2030-01-01T00:00:00Z"],
  urn: ["http://127.0.0.1:9/x", "https://u:p@127.0.0.1:9/y", "amqp://127.0.0.1:9/v/e/k", "kafka://127.0.0.1:9/t"],
  target: ["http://127.0.0.1:9/x", { urn: "http://127.0.0.1:9/x", headers: { "x-a": "b" } }, { name: "a" }],
  zone: ["Europe/Paris", "UTC"],
  pointer: ["/a"],
  password: ["correct horse"],
  signUp: ["first"],
  signingSecret: [null],
  cursor: ["YQ"],
  label: ["site=lyon"],
  Prefer: ["replicas=1", "replicas=2, wait=1"],
  "If-Match": ["*", '"x"'],
  "If-None-Match": ["*", '"x"'],
  from: ["2026-01-01T00:00:00Z"],
  until: ["2030-01-01T00:00:00Z"],
};

const HEADERS = [
  ...["if-match", "if-none-match", "idempotency-key", "origin", "content-type", "cookie", "authorization"],
  ...["accept-encoding", "prefer", "x-http-method-override", "metronome-on-behalf-of", "range", "expect-ct"],
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];
const DEPTH_MAX = 8;

/** Makes the next one each time: about a third as it should be. */
export function requestsOf(settings: RequestSettings): () => MadeRequest {
  const { document, ids, without = [] } = settings;
  const { paths, components } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
  ).filter(({ path, method }) => !without.includes(`${method} ${path}`));
  const random = (below: number) => Math.floor(settings.chance() * below);
  const pick = <T>(list: readonly T[], otherwise: T): T => list[random(list.length)] ?? otherwise;
  const odd = () => pick(ODD, "");

  return () => {
    const chosen = operations[random(operations.length)];
    if (chosen === undefined) throw new Error("the document has no operations");
    const faults = random(3) === 0 ? 0 : 1 + random(3);
    let request = made(chosen);
    for (let n = 0; n < faults; n++) request = bent(request);
    return request;
  };

  function made({ path, method, operation }: typeof operations[number]): MadeRequest {
    const { parameters = [], requestBody } = operation;
    let target = path;
    const query: string[] = [];
    const headers: Record<string, string> = {};
    for (const { name, in: place, required = false, schema } of parameters) {
      if (place === "path") {
        const [, collection = ""] = new RegExp(`([a-z-]+)/\\{${name}\\}`).exec(path) ?? [];
        const known = name === "path" ? ["tasks", "tasks/a", "auth", "mesh"] : ids[collection] ?? [];
        const text = random(5) === 0 ? String(valueOf(schema, 0, name)) : pick(known, "a");
        target = target.replace(`{${name}}`, name === "path" ? text : encodeURIComponent(text.toWellFormed()));
        continue;
      }
      if (!required && random(2) === 0) continue;
      const value = valueOf(schema, 0, name);
      const text = String(Array.isArray(value) ? value[0] ?? "" : value);
      if (place === "query") query.push(`${name}=${encodeURIComponent(text.toWellFormed())}`);
      else headers[name.toLowerCase()] = text;
    }
    if (query.length > 0) target += `?${query.join("&")}`;
    const types = Object.keys(requestBody?.content ?? {});
    const type = pick(types, "");
    const schema = requestBody?.content[type]?.schema;
    const isForwarded = path.endsWith("{path}") && method !== "GET" && method !== "DELETE";
    if (schema === undefined && !isForwarded) return { operation: `${method} ${path}`, method, target, headers };
    headers["content-type"] = type === "" ? "application/json" : type;
    const value = () => schema === undefined ? {} : valueOf(schema, 0, "");
    const isLines = type.endsWith("ndjson");
    const body = isLines ? `${JSON.stringify(value())}\n${JSON.stringify(value())}\n` : JSON.stringify(value());
    return { operation: `${method} ${path}`, method, target, headers, body };
  }

  /** A value of the schema, as far as a schema says what a value is. */
  function valueOf(schema: Schema, depth: number, name: string): unknown {
    const { $ref, anyOf, oneOf, allOf } = schema;
    if (Object.hasOwn(GOOD, name) && random(4) > 0) return pick(GOOD[name] ?? [], null);
    if ($ref !== undefined) {
      return valueOf(components.schemas[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {}, depth + 1, name);
    }
    if (schema.example !== undefined && random(2) === 0) return schema.example;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return pick(schema.enum, null);
    if (depth > DEPTH_MAX) return null;
    const ways = anyOf ?? oneOf;
    if (ways !== undefined) return valueOf(pick(ways, {}), depth + 1, name);
    if (allOf !== undefined) {
      return Object.assign({}, ...allOf.map((each) => valueOf(each, depth + 1, name)), objectOf(schema, depth));
    }
    const type = typeof schema.type === "string" ? schema.type : pick(schema.type ?? [], "any");
    switch (type) {
      case "string":
        return textOf(schema);
      case "integer":
      case "number": {
        const least = schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
        const most = Math.min(schema.maximum ?? least + 100, least + 1_000);
        return least + random(Math.floor(most - least) + 1);
      }
      case "boolean":
        return random(2) === 0;
      case "null":
        return null;
      case "array": {
        const { items = {}, minItems = 0 } = schema;
        return Array.from({ length: minItems + random(2) }, () => valueOf(items, depth + 1, name));
      }
      case "object":
        return objectOf(schema, depth);
      default:
        return pick<unknown>([null, 1, "text", { a: [1, null] }, [], true], null);
    }
  }

  function objectOf({ properties = {}, required = [], additionalProperties }: Schema, depth: number) {
    const entries = Object.entries(properties)
      .filter(([name]) => required.includes(name) || random(5) < 2)
      .map(([name, each]): [string, unknown] => [name, valueOf(each, depth + 1, name)]);
    if (typeof additionalProperties === "object" && random(2) === 0) {
      entries.push([pick(["site", "x-a", "name"], "a"), valueOf(additionalProperties, depth + 1, "")]);
    }
    return Object.fromEntries(entries);
  }

  function textOf({ format, minLength = 0, maxLength = 64 }: Schema): string {
    if (format === "date-time") return pick(["2026-12-01T09:00:00.000Z", "2030-01-01T00:00:00+01:00"], "");
    if (format === "duration") return pick(["PT1S", "PT5M", "P1D"], "");
    const text = pick(["a", "b", "backup", "ada", "lyon"], "a");
    return text.padEnd(minLength, "x").slice(0, maxLength);
  }

  function bent(request: MadeRequest): MadeRequest {
    const { target, headers, body } = request;
    switch (random(9)) {
      case 0:
        return { ...request, target: inWire(spliced(target)) };
      case 1:
        return { ...request, target: target.replace(/=[^&]*/, () => `=${encodeURIComponent(odd().toWellFormed())}`) };
      case 2:
        return { ...request, target: target.replace(/\/[^/?]+(?=\?|$)/, () => `/${encoded(odd())}`) };
      case 3:
        return { ...request, headers: { ...headers, [pick(HEADERS, "if-match")]: odd() } };
      case 4:
        return { ...request, target: `${target}${target.includes("?") ? "&" : "?"}${encoded(odd())}=1` };
      case 5:
        return random(4) > 0 ? request : { ...request, method: pick(METHODS, "GET") };
      default:
        if (body === undefined) return request;
        return { ...request, body: random(4) === 0 ? spliced(body) : bentText(body) };
    }
  }

  function bentText(body: string): string {
    try {
      return JSON.stringify(bentJson(JSON.parse(body)));
    } catch {
      // Lines, or JSON no more.
      const [line = "", ...more] = body.split("\n");
      return line.startsWith("{") && more.length > 0 ? [bentText(line), ...more].join("\n") : spliced(body);
    }
  }

  /** One value somewhere in it is another; one property may have another name, or be gone. */
  function bentJson(value: unknown): unknown {
    if (typeof value !== "object" || value === null || random(12) === 0) {
      return pick<unknown>([odd(), null, random(2) === 0, -1, 1.5, 1e300, [], {}, [[[[]]]], { x: odd() }], null);
    }
    const entries = Object.entries(value);
    const chosen = random(entries.length || 1);
    const next = entries.flatMap(([name, item], at): [string, unknown][] => {
      if (at !== chosen) return [[name, item]];
      switch (random(8)) {
        case 0:
          return [];
        case 1:
          return [[odd(), item]];
        default:
          return [[name, bentJson(item)]];
      }
    });
    return Array.isArray(value) ? next.map(([, item]) => item) : Object.fromEntries(next);
  }

  /** Some of it cut out, and something odd put in. */
  function spliced(text: string): string {
    const at = random(text.length + 1);
    return text.slice(0, at) + odd() + text.slice(at + random(4));
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** A path that a client can put on the wire at all: it starts with a slash, and holds visible ASCII. */
function inWire(target: string): string {
  const text = target.toWellFormed().replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part));
  return text.startsWith("/") ? text : `/${text}`;
}
