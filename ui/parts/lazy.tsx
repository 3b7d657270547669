/** @jsxImportSource preact */
// A part of the page that is a file of its own, loaded when it is first shown.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import pagesCss from "../styles/pages.css?url";

/** `const Page = lazy(async () => (await import("./page.tsx")).Page)`. `isPlain`: the shell's styles are all it needs. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { isPlain = false } = {},
): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [state, setState] = useState<"loading" | "loaded" | "failed">(loaded === undefined ? "loading" : "loaded");
    useEffect(() => {
      if (state !== "loading") return;
      Promise.all([load(), isPlain || (styles ??= style())]).then(([component]) => {
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

let styles: Promise<void> | undefined;

/** What all of these parts are drawn with is one file. */
function style(): Promise<void> {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: pagesCss });
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      styles = undefined;
      link.remove();
      reject(new Error(`${pagesCss} can't be loaded`));
    };
    document.head.append(link);
  });
}
