// Where the page is: the address as a signal. Every page and filter lives in it, so that a link leads back.

import { computed, signal } from "@preact/signals";

const address = signal(new URL(location.href));

export const path = computed(() => address.value.pathname);

/** A parameter of the address; "" when it is not there. */
export function parameter(name: string): string {
  return address.value.searchParams.get(name) ?? "";
}

/** Changes a parameter without a new entry in the history: typing is not travelling. */
export function setParameter(name: string, value: string): void {
  const url = new URL(location.href);
  if (value === "") url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  history.replaceState(history.state, "", url);
  address.value = url;
}

export function navigate(to: string): void {
  history.pushState(null, "", to);
  address.value = new URL(location.href);
  scrollTo(0, 0);
}

/** The address of a page with what it is to show. */
export function pageOf(name: string, parameters: { readonly [name: string]: string } = {}): string {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
  return `/ui/${name}${query.size === 0 ? "" : `?${query}`}`;
}

/** Where a task is: with its user when that is another than who looks. */
export function taskPage({ id, user }: { readonly id: string; readonly user?: string }, page = "task"): string {
  return pageOf(page, { id, user: user === undefined || user === self.value ? "" : user });
}

/** Who looks. */
export const self = signal("");

/** Links to our own pages change the page without loading it anew. */
export function startRouter(): void {
  addEventListener("popstate", () => address.value = new URL(location.href));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    // By its attributes: a link within a drawing has them as animated values.
    const href = link?.getAttribute("href") ?? "";
    if (link === null || !isPlain || event.defaultPrevented || href.startsWith("#")) return;
    if (link.hasAttribute("target") || link.hasAttribute("download")) return;
    const to = new URL(href, location.href);
    if (to.origin !== location.origin || to.pathname.startsWith("/api/")) return;
    event.preventDefault();
    navigate(to.href);
  });
}
