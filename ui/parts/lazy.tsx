/** @jsxImportSource preact */
// A part of the page that is a file of its own, loaded when it is first shown.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** `const Page = lazy(async () => (await import("./page.tsx")).Page)` */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [state, setState] = useState<"loading" | "loaded" | "failed">(loaded === undefined ? "loading" : "loaded");
    useEffect(() => {
      if (state !== "loading") return;
      load().then((component) => {
        loaded = component;
        setState("loaded");
      }, () => setState("failed"));
    }, [state]);
    if (state === "failed") {
      return (
        <p class="blank" role="alert">
          This part of the page could not be loaded.{" "}
          <button type="button" onClick={() => setState("loading")}>Try again</button>{" "}
          If that does not help, the peer has become newer:{" "}
          <a href={location.href} target="_self">load the page anew</a>.
        </p>
      );
    }
    const Component = loaded;
    return Component === undefined ? null : <Component {...props} />;
  };
}
