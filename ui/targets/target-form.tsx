/** @jsxImportSource preact */
// A named target as a form: where it is, how it is sent to, who sends, and how much it is given. Credentials are apart.

import { useSignal } from "@preact/signals";
import { ask, failureProblems, type FieldProblem } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { type Fields, isFaults, type Json, jsonOf, textsIn } from "../parts/fields.ts";
import type { NamedTarget } from "../views.ts";

const FIELDS: Fields = {
  description: "text",
  urn: "text",
  method: "text",
  headers: "pairs",
  cloudEvents: "text",
  success: "json",
  "auth.kind": "text",
  "auth.user": "text",
  "auth.tokenUrl": "text",
  "auth.clientId": "text",
  "auth.scope": "text",
  "auth.audience": "text",
  "auth.clientAuth": "text",
  "tls.ca": "text",
  "tls.certificate": "text",
  "tls.serverName": "text",
  "limits.concurrency": "number",
  "limits.rate.perSecond": "number",
  "limits.rate.burst": "number",
  "limits.breaker": "json",
  amqp: "json",
  kafka: "json",
  mqtt: "json",
};

type Auth = "" | "basic" | "bearer" | "oauth2";

/** What each way to sign in says; the rest is left out. */
const OF_AUTH: { readonly [kind in Auth]: readonly string[] } = {
  "": [],
  basic: ["user"],
  bearer: [],
  oauth2: ["tokenUrl", "clientId", "scope", "audience", "clientAuth"],
};

/** What it has to have for that: written with it, when it is not held yet. */
const SECRET_OF_AUTH: { readonly [kind in Auth]: string } = {
  "": "",
  basic: "password",
  bearer: "token",
  oauth2: "clientSecret",
};

export function TargetForm({ name, value, held, onDone, onClose }: {
  readonly name: string;
  readonly value: Json;
  readonly held: NamedTarget["held"];
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const begun = useSignal(textsIn(value, FIELDS));
  const problems = useSignal<readonly FieldProblem[]>([]);
  const secrets = useSignal<{ readonly [name: string]: string }>({});
  const { texts, rest } = begun.value;
  const kind = authIn(texts["auth.kind"]);
  const hasCertificate = (texts["tls.certificate"] ?? "").trim() !== "";
  /** The secrets that it needs as it is written here, and does not hold. */
  const asked = [SECRET_OF_AUTH[kind], hasCertificate ? "key" : ""].filter((name) =>
    name !== "" && held[name] === undefined
  );

  const write = (path: string, text: string) => {
    begun.value = { texts: { ...texts, [path]: text }, rest };
    problems.value = problems.value.filter(({ field }) => fieldOf(field) !== path);
  };
  const bind = (path: string) => ({
    id: `target.${path}`,
    value: texts[path] ?? "",
    onText: (text: string) => write(path, text),
    problem: problems.value.find(({ field }) => fieldOf(field) === path),
  });
  const secret = (name: string, label: string, rows?: number) =>
    asked.includes(name) && (
      <Field
        id={`target.credentials.${name}`}
        label={label}
        isCode
        isSecret={rows === undefined}
        {...rows === undefined ? {} : { rows }}
        value={secrets.value[name] ?? ""}
        onText={(text) => {
          secrets.value = { ...secrets.value, [name]: text };
          problems.value = problems.value.filter(({ field }) => field !== `credentials.${name}`);
        }}
        problem={problems.value.find(({ field }) => field === `credentials.${name}`)}
        hint="Write-only: it is sealed, and never shown again."
      />
    );
  const select = (path: string, label: string, options: readonly (readonly [value: string, text: string])[]) => (
    <label class="field">
      <span class="label-of">{label}</span>
      <select
        id={`target.${path}`}
        value={texts[path] ?? ""}
        onChange={(event) => write(path, event.currentTarget.value)}
      >
        {options.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
    </label>
  );

  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    const said = Object.entries(texts).filter(([path]) =>
      !path.startsWith("auth.") || path === "auth.kind" || OF_AUTH[kind].includes(path.slice("auth.".length))
    );
    const body = jsonOf(Object.fromEntries(said), rest, FIELDS);
    if (isFaults(body)) return void (problems.value = body);
    const credentials = Object.entries(secrets.value).filter(([name, text]) => asked.includes(name) && text !== "");
    const answer = await ask("PUT", `/targets/${encodeURIComponent(name)}`, {
      body: credentials.length === 0 ? body : { ...body, credentials: Object.fromEntries(credentials) },
    });
    if (answer.kind === "done") return onDone();
    problems.value = failureProblems(answer);
  }

  const isShown = (field: string) =>
    fieldOf(field) !== undefined || asked.some((name) => field === `credentials.${name}`);
  const rare = (path: string) => (texts[path] ?? "") !== "" || bind(path).problem !== undefined;
  return (
    <Dialog title={<>Edit {<bdi>{name}</bdi>}</>} onClose={onClose} isWide>
      <form class="asked" onSubmit={(event) => void confirm(event)} noValidate>
        <Field {...bind("description")} label="What it is" isOptional />
        <div class="with-method">
          {select("method", "Method", [["", "POST"], ["GET", "GET"], ["PUT", "PUT"], ["PATCH", "PATCH"], [
            "DELETE",
            "DELETE",
          ]])}
          <Field {...bind("urn")} label="Where" isCode hint="Without a user: who signs in is said below." />
        </div>
        {select("auth.kind", "Signs in", [
          ["", "not at all"],
          ["basic", "with a name and a password"],
          ["bearer", "with a token"],
          ["oauth2", "with OAuth2 client credentials"],
        ])}
        {kind === "basic" && <Field {...bind("auth.user")} label="Name" isCode />}
        {secret("password", "Password")}
        {secret("token", "Token")}
        {kind === "oauth2" && (
          <>
            <Field {...bind("auth.tokenUrl")} label="Where a token is asked for" isCode />
            <div class="grid-3">
              <Field {...bind("auth.clientId")} label="Client id" isCode />
              <Field {...bind("auth.scope")} label="Scope" isOptional isCode />
              <Field {...bind("auth.audience")} label="Audience" isOptional isCode />
            </div>
            {secret("clientSecret", "The client's secret")}
            {select("auth.clientAuth", "The secret goes", [["", "in a header"], ["body", "in the body"]])}
          </>
        )}
        <div class="grid-3">
          <Field {...bind("limits.concurrency")} label="Events at once" placeholder="no limit" />
          <Field {...bind("limits.rate.perSecond")} label="Events a second" placeholder="no limit" />
          <Field {...bind("limits.rate.burst")} label="In one burst" placeholder="as many" />
        </div>
        <details class="more" open={["headers", "cloudEvents", "success", "limits.breaker"].some(rare)}>
          <summary>Headers, success and breaker</summary>
          <Field
            {...bind("headers")}
            label="Headers"
            isOptional
            isCode
            rows={2}
            placeholder="X-Site: lyon"
            hint="One to a line, name: value. Secret ones are credentials."
          />
          {select("cloudEvents", "How an event is written", [
            ["", "CloudEvents: its attributes as headers"],
            ["structured", "CloudEvents: all of it as JSON"],
          ])}
          <Field
            {...bind("success")}
            label="What counts as delivered"
            isOptional
            isCode
            rows={2}
            placeholder='{"status": [200, 202], "body": {"pointer": "/ok", "equals": true}}'
          />
          <Field
            {...bind("limits.breaker")}
            label="When it is left alone"
            isOptional
            isCode
            placeholder='{"failures": 10, "openFor": "PT5S"}'
            hint="false: never."
          />
        </details>
        <details class="more" open={["tls.ca", "tls.certificate", "tls.serverName"].some(rare)}>
          <summary>TLS</summary>
          <Field {...bind("tls.ca")} label="Certificates that are believed, PEM" isOptional isCode rows={3} />
          <Field {...bind("tls.certificate")} label="Certificate that is shown, PEM" isOptional isCode rows={3} />
          {secret("key", "Its private key, PEM", 3)}
          <Field {...bind("tls.serverName")} label="Name of the server" isOptional isCode />
        </details>
        <details class="more" open={["amqp", "kafka", "mqtt"].some(rare)}>
          <summary>Brokers</summary>
          <Field
            {...bind("amqp")}
            label="Of AMQP"
            isOptional
            isCode
            placeholder='{"persistent": true, "priority": 5, "expiration": "PT1H"}'
          />
          <Field
            {...bind("kafka")}
            label="Of Kafka"
            isOptional
            isCode
            placeholder='{"key": "orders", "partition": 0, "sasl": "plain"}'
          />
          <Field
            {...bind("mqtt")}
            label="Of MQTT"
            isOptional
            isCode
            placeholder='{"retain": false, "expiry": "PT1H"}'
          />
        </details>
        <div role="alert">
          {problems.value.filter(({ field }) => !isShown(field)).map(({ field, message }) => (
            <p class="wrong" key={field}>{field !== "" && <code>{field}:</code>} {message}</p>
          ))}
        </div>
        <div class="answers">
          <button type="button" onClick={onClose}>Leave it</button>
          <button type="submit" class="primary">Save</button>
        </div>
      </form>
    </Dialog>
  );
}

function authIn(kind: string | undefined): Auth {
  return kind === "basic" || kind === "bearer" || kind === "oauth2" ? kind : "";
}

/** `limits.breaker.failures` is at the breaker. */
function fieldOf(field: string): string | undefined {
  return Object.keys(FIELDS).find((path) => field === path || field.startsWith(`${path}.`));
}
