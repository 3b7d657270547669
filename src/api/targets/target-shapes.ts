// The shapes of targets, declared for the description: as they stand in a task, and by themselves.

import { z } from "@hono/zod-openapi";
import { CREDENTIAL_MAX } from "../../core/targets/credentials.ts";
import { AUTH_TEXT_MAX, CLIENT_AUTHS, PEM_MAX } from "../../core/targets/target-auth.ts";
import { DESCRIPTION_MAX } from "../../core/targets/target-definition.ts";
import { CLOUD_EVENTS, METHODS } from "../../core/targets/target-http.ts";
import { SASL_MECHANISMS } from "../../core/targets/target-kafka.ts";
import { BREAKER_FAILURES_MAX, CONCURRENCY_MAX, RATE_MAX, RATE_MIN } from "../../core/targets/target-limits.ts";
import { URN_EXAMPLE, URN_MAX } from "../../core/targets/target-urn.ts";
import { parseTarget, TARGET_NAME_MAX } from "../../core/targets/target.ts";
import { isFault } from "../../core/values/fault.ts";

const success = z.strictObject({
  status: z.array(z.union([z.number().int(), z.enum(["2xx", "4xx", "5xx"])])).optional(),
  body: z.union([
    z.strictObject({ contains: z.string() }),
    z.strictObject({ pointer: z.string(), equals: z.unknown() }),
  ]).optional(),
}).openapi("SuccessRule", {
  description: "Which answers mean that the event was taken; each 2xx when absent. A body is looked at up to 64 KiB.",
  example: { status: [200, 202], body: { pointer: "/ok", equals: true } },
});

const lasting = z.string().openapi({ format: "duration", example: "PT1H" });

const options = {
  method: z.enum(METHODS).optional().openapi({ description: "HTTP's alone." }),
  headers: z.record(z.string(), z.string()).optional(),
  cloudEvents: z.enum(CLOUD_EVENTS).optional().openapi({
    description: "Binary when absent: the payload, its attributes beside it. Structured: one JSON document.",
  }),
  success: success.optional(),
  amqp: z.strictObject({
    persistent: z.boolean().optional().openapi({ description: "Delivery mode 2. Default true." }),
    priority: z.number().int().min(0).max(255).optional(),
    expiration: lasting.optional(),
  }).optional(),
  kafka: z.strictObject({
    key: z.string().max(1_024).optional().openapi({ description: "Default the task's id." }),
    partition: z.number().int().min(0).max(99_999).optional(),
    sasl: z.enum(SASL_MECHANISMS).optional().openapi({ description: "Default plain." }),
  }).optional(),
  mqtt: z.strictObject({ retain: z.boolean().optional(), expiry: lasting.optional() }).optional(),
};

const urn = z.string().max(URN_MAX).openapi({
  description:
    "Where the event goes: http(s)://host/path, amqp(s)://host/vhost/exchange/routing.key, kafka(s)://host,host/topic, mqtt(s)://host/topic/path",
  example: URN_EXAMPLE,
});

const name = z.string().max(TARGET_NAME_MAX).openapi({ example: "billing" });

export const target = () =>
  z.union([
    z.string(),
    z.strictObject({ urn, ...options }),
    z.strictObject({
      name: name.openapi({ description: "Of a target of its own: see /api/v1/targets." }),
      path: z.string().optional().openapi({
        description: "Goes behind the path of the target's URN.",
        example: "/tick",
      }),
      ...options,
    }),
  ]).refine((value) => !isFault(parseTarget(value))).openapi(
    "Target",
    {
      description:
        "A URN, an object with a URN and how to send, or one with the name of a target. Passwords are shown as ***.",
      example: URN_EXAMPLE,
    },
  );

const auth = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("basic"), user: z.string().min(1).max(256) }),
  z.strictObject({ kind: z.literal("bearer") }),
  z.strictObject({
    kind: z.literal("oauth2"),
    tokenUrl: z.string().max(AUTH_TEXT_MAX),
    clientId: z.string().min(1).max(AUTH_TEXT_MAX),
    scope: z.string().max(AUTH_TEXT_MAX).optional(),
    audience: z.string().max(AUTH_TEXT_MAX).optional(),
    clientAuth: z.enum(CLIENT_AUTHS).optional(),
  }).openapi({ description: "Client credentials, RFC 6749 §4.4: a token is asked for, kept, and renewed." }),
]).openapi("Auth", { description: "Who sends. Brokers know basic alone." });

const tls = z.strictObject({
  ca: z.string().max(PEM_MAX).optional().openapi({ description: "PEM certificates that are believed, and no others." }),
  certificate: z.string().max(PEM_MAX).optional().openapi({ description: "PEM: what this client shows." }),
  serverName: z.string().max(253).optional(),
});

const limits = z.strictObject({
  concurrency: z.number().int().min(1).max(CONCURRENCY_MAX).optional(),
  rate: z.strictObject({
    perSecond: z.number().min(RATE_MIN).max(RATE_MAX),
    burst: z.number().int().min(1).max(RATE_MAX).optional(),
  }).optional(),
  breaker: z.union([
    z.literal(false),
    z.strictObject({
      failures: z.number().int().min(1).max(BREAKER_FAILURES_MAX).optional(),
      openFor: lasting.optional(),
    }),
  ]).optional(),
}).openapi("TargetLimits");

const secret = z.string().min(1).max(CREDENTIAL_MAX).nullable().optional();

const credentials = z.strictObject({
  password: secret,
  token: secret,
  clientSecret: secret,
  key: secret.openapi({ description: "A private key in PEM, of tls.certificate." }),
  signingSecret: secret.openapi({
    description: "whsec_… (shared), or whsk_… (Ed25519): each event is signed by Standard Webhooks.",
  }),
  headers: z.record(z.string(), z.string().nullable()).optional(),
}).openapi("Credentials", {
  description: "Never shown again, and kept sealed. What is left out stays; null takes one away.",
});

const definition = {
  description: z.string().max(DESCRIPTION_MAX).optional(),
  urn: urn.openapi({ description: "Without a user: that is said under auth." }),
  ...options,
  auth: auth.optional(),
  tls: tls.optional(),
  limits: limits.optional(),
};

export const targetDefinition = z.strictObject({ name, ...definition, credentials: credentials.optional() }).openapi(
  "TargetDefinition",
);

/** By its path it has a name already. */
export const targetBody = z.strictObject({ name: name.optional(), ...definition, credentials: credentials.optional() });

export const targetPatch = z.record(z.string(), z.unknown()).openapi({
  description: "A JSON merge patch (RFC 7396) of a definition; credentials that are left out stay.",
  example: { urn: "https://api.example.com/v2" },
});

const moment = z.string().openapi({ format: "date-time" });

export const namedTarget = z.strictObject({
  name,
  ...definition,
  description: z.string(),
  limits,
  held: z.record(
    z.string(),
    z.strictObject({
      since: moment,
      publicKey: z.string().optional().openapi({
        description: "whpk_…: of a signing secret that is a pair of keys, what its receivers check signatures with.",
      }),
      previous: z.strictObject({ until: moment.nullable() }).optional(),
    }),
  ).openapi({ description: "Which credentials are held, since when, and until when the one before is good." }),
  user: z.string(),
  createdAt: moment,
  updatedAt: moment,
}).openapi("NamedTarget");

export const targetTestBody = z.strictObject({ payload: z.unknown().optional() });

export const targetTest = z.strictObject({
  id: z.string(),
  startedAt: moment,
  ms: z.number().int().min(0),
  outcome: z.enum(["delivered", "failed"]),
  status: z.number().int().optional(),
  error: z.string().optional(),
  retryable: z.boolean().optional(),
});

export const rotation = z.strictObject({
  credentials,
  previousUntil: moment.optional().openapi({ description: "Until they are confirmed, when absent." }),
});
