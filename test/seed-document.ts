// The seed's own routes, described as OpenAPI does: our document leaves them out, and what goes by it is to try them too.

const text = { type: "string", minLength: 1 };
const bodyOf = (properties: object, required: readonly string[]) => ({
  requestBody: {
    content: { "application/json": { schema: { type: "object", properties, required, additionalProperties: false } } },
  },
});
const credentials = bodyOf({ name: text, password: text }, ["name", "password"]);
const bearer = bodyOf(
  { type: { enum: ["bearer", "access"] }, username: text, password: text, refreshToken: text },
  ["type"],
);
const task = bodyOf({ id: text, name: text, schedule: text, urn: text, payload: {} }, ["name", "schedule", "urn"]);
const taskId = { parameters: [{ name: "id", in: "path", required: true, schema: text }] };

const PATHS = {
  "/user": { post: credentials, get: {}, patch: bodyOf({ password: text }, ["password"]) },
  "/auth": { post: bearer },
  "/auth/logout": { post: {} },
  "/task": { post: task },
  "/task/{id}": { delete: taskId },
  "/tasks": { get: {} },
  "/ws": { get: {} },
};

/** The document with the seed's routes in it, with and without a slash at their end. */
export function withSeedRoutes<T extends { readonly paths: object }>(document: T): T {
  const slashed = Object.fromEntries(Object.entries(PATHS).map(([path, methods]) => [`${path}/`, methods]));
  return { ...document, paths: { ...document.paths, ...PATHS, ...slashed } };
}
