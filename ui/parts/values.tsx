/** @jsxImportSource preact */
// What is written as an object, read as lines: `retry limit 3`. A name of a few words stands for a path that has them.

type Words = { readonly [path: string]: string };

export function Values({ of, words = {} }: { readonly of: unknown; readonly words?: Words }) {
  return (
    <ul>
      {linesOf(of, "").map(({ path, text }) => (
        <li key={path}>
          {path !== "" && `${words[path] ?? path.replaceAll(".", " ")} `}
          <code>{text}</code>
        </li>
      ))}
    </ul>
  );
}

function linesOf(value: unknown, path: string): readonly { readonly path: string; readonly text: string }[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ path, text: typeof value === "string" ? value : JSON.stringify(value) }];
  }
  return Object.entries(value).flatMap(([name, each]) => linesOf(each, path === "" ? name : `${path}.${name}`));
}
