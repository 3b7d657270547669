/** @jsxImportSource preact */
// Small drawings, each beside or in place of words that say the same.

const PATHS = {
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  cross: "M4 4 12 12M12 4 4 12",
  clock: "M8 4v4l2.5 2M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  skip: "M3 4l5 4-5 4zM9 4l5 4-5 4z",
  dots: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  again: "M13 8a5 5 0 1 1-1.6-3.7M12.5 2v3h-3",
  chevron: "M6 3.5 10.5 8 6 12.5",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5 12 8 5 12.5z",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  bin: "M2.5 4.5h11M6 4.5V3h4v1.5M4 4.5l.7 9h6.6l.7-9",
  plus: "M8 3v10M3 8h10",
  search: "M11 7a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM10 10l3.5 3.5",
  sun:
    "M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
  screen: "M2 3h12v8H2zM5.5 13.5h5",
  door: "M6.5 3H3v10h3.5M7 8h6.5M11 5.5 13.5 8 11 10.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
