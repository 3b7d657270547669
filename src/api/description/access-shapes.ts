// The shapes of sessions, tokens, users and invitations, for the description; tests hold requests and answers against them.

import { z } from "@hono/zod-openapi";
import { SIGN_UPS } from "../../core/people/user-settings.ts";
import { PASSWORD_MAX, ROLES, SCOPES, USER_NAME_MAX } from "../../core/people/user.ts";
import { INVITE_TTL_MAX_S, INVITE_TTL_MIN_S } from "../people/invites.ts";
import { SECRET_MAX } from "../people/session.ts";
import { TOKEN_NAME_MAX, TOKEN_TTL_MAX_S } from "../people/tokens.ts";
import { PASSWORD_MIN, QUOTA_MAX } from "../people/user-body.ts";
import { instant, written } from "./shapes.ts";

const role = z.enum(ROLES).openapi({
  description:
    "viewer sees; runner also triggers, pauses and cancels; editor also writes; admin does all, of all users.",
});
const scopes = z.array(z.enum(SCOPES));
const credentials = { name: written(1, USER_NAME_MAX), password: written(1, PASSWORD_MAX) };
const ttl = (min: number, max: number) => z.number().int().min(min).max(max).optional();
const secret = z.string().openapi({ description: "Shown only now." });

export const sessionBody = z.union([
  z.strictObject({ code: written(1, SECRET_MAX) }),
  z.strictObject({ token: written(1, SECRET_MAX) }),
  z.strictObject(credentials),
]);
export const session = z.strictObject({
  user: z.string().openapi({ description: "The user's id." }),
  name: z.string(),
  role,
  scopes,
  peer: z.strictObject({ id: z.string(), name: z.string() }),
});
export const auth = z.strictObject({
  signUp: z.enum(SIGN_UPS),
  canSignUp: z.boolean().openapi({ description: "Whether anybody signs up now, invited or not." }),
  user: z.strictObject({ id: z.string(), name: z.string(), role }).nullable(),
  scopes,
});

export const loginBody = z.strictObject({
  ...credentials,
  for: written(0, TOKEN_NAME_MAX).optional().openapi({ description: "The token's name." }),
  ttlSeconds: ttl(1, TOKEN_TTL_MAX_S),
});
export const tokenBody = z.strictObject({
  name: written(0, TOKEN_NAME_MAX).optional(),
  ttlSeconds: ttl(1, TOKEN_TTL_MAX_S),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).optional().openapi({
    description: "At most those of who makes it, which it has when none are named.",
  }),
});
const lastUsed = {
  lastUsedAt: instant().nullable().openapi({
    description: "At the peer that is asked to the second; at another to ten minutes.",
  }),
  lastUsedFrom: z.string().nullable(),
};
const tokenFields = {
  ...{ id: z.string(), name: z.string(), user: z.string(), scopes },
  ...{ createdAt: instant(), expiresAt: instant().nullable() },
  ...lastUsed,
};
export const newToken = z.strictObject({ ...tokenFields, token: secret });
export const tokenPage = z.strictObject({ items: z.array(z.strictObject(tokenFields)), cursor: z.string().nullable() });

export const sessionPage = z.strictObject({
  items: z.array(z.strictObject({
    id: z.string(),
    kind: z.enum(["browser", "seed"]).openapi({ description: "seed: a client of the seed's API." }),
    isThis: z.boolean().openapi({ description: "It is the one that asks." }),
    from: z.string().nullable().openapi({ description: "The address that it was opened from." }),
    agent: z.string().nullable().openapi({ description: "What the browser or program calls itself." }),
    ...{ createdAt: instant(), expiresAt: instant().nullable() },
    ...lastUsed,
  })),
  cursor: z.null(),
});

const limit = (max: number) => z.number().int().min(0).max(max);
const quotaFields = {
  tasks: limit(QUOTA_MAX.tasks),
  payloadBytes: limit(QUOTA_MAX.payloadBytes),
  firesPerMinute: limit(QUOTA_MAX.firesPerMinute),
};
const quotaBody = z.strictObject({
  tasks: quotaFields.tasks.nullable().optional(),
  payloadBytes: quotaFields.payloadBytes.nullable().optional(),
  firesPerMinute: quotaFields.firesPerMinute.nullable().optional(),
}).openapi({ description: "null: what holds for all." });
export const user = z.strictObject({
  id: z.string(),
  name: z.string(),
  role,
  quota: z.strictObject({
    tasks: quotaFields.tasks.nullable(),
    payloadBytes: quotaFields.payloadBytes.nullable(),
    firesPerMinute: quotaFields.firesPerMinute.nullable(),
  }).openapi({ description: "null: no limit." }),
  createdAt: instant(),
}).openapi("User");
export const userPage = z.strictObject({ items: z.array(user), cursor: z.string().nullable() });
const newPassword = written(PASSWORD_MIN, PASSWORD_MAX);
export const newUserBody = z.strictObject({
  name: credentials.name,
  password: newPassword,
  code: written(1, SECRET_MAX).optional().openapi({ description: "Of the first start, for the first user." }),
  invite: written(1, SECRET_MAX).optional(),
  role: role.optional().openapi({ description: "Set by an admin; so is the quota." }),
  quota: quotaBody.optional(),
});
export const userPatch = z.strictObject({
  role: role.optional(),
  quota: quotaBody.optional(),
  password: newPassword.optional(),
  currentPassword: credentials.password.optional().openapi({ description: "With one's own new password." }),
});

export const settings = z.strictObject({ signUp: z.enum(SIGN_UPS), quota: z.strictObject(quotaFields) });
export const settingsPatch = z.strictObject({ signUp: z.enum(SIGN_UPS).optional(), quota: quotaBody.optional() });

export const inviteBody = z.strictObject({
  role: role.optional(),
  ttlSeconds: ttl(INVITE_TTL_MIN_S, INVITE_TTL_MAX_S),
});
const inviteFields = {
  ...{ id: z.string(), role, user: z.string() },
  ...{ createdAt: instant(), expiresAt: instant().nullable() },
};
export const newInvite = z.strictObject({ ...inviteFields, invite: secret });
export const invitePage = z.strictObject({
  items: z.array(z.strictObject(inviteFields)),
  cursor: z.string().nullable(),
});
