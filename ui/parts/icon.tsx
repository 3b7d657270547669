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
  gauge: "M2.5 12a6 6 0 1 1 11 0M8 9.5 10.8 6",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
  mesh:
    "M8 5.5 4.6 10.2M8 5.5l3.4 4.7M5.5 11.8h5M9.6 3.9a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0M5.4 11.8a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0M13.8 11.8a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0",
  fork: "M4 2.5v4c0 2 4 2 4 4v3M12 2.5v4c0 2-4 2-4 4",
  key: "M8 10.5a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0M7.2 8.5 13.5 2.5M11 4.8l2 2",
  sliders: "M2.5 4.5h6M11.5 4.5h2M2.5 11.5h2M7.5 11.5h6M10 3v3M6 10v3",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.01M6.5 6.5h.01M9 6.5h.01M11.5 6.5h.01M5 9.5h6",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  pen: "M3 13l.6-2.8 7.2-7.2 2.2 2.2-7.2 7.2z",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  warn: "M8 2.5 14.2 13H1.8zM8 6.5v3M8 11.4v.01",
  down: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
  target: "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0M10.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0",
  tray: "M2.5 9 4.5 3h7l2 6v4h-11zM2.5 9h3.5l.7 1.5h2.6L10 9h3.5",
  book: "M3 3h4c.6 0 1 .4 1 1v9.5c0-.6-.4-1-1-1H3zM13 3H9c-.6 0-1 .4-1 1v9.5c0-.6.4-1 1-1h4z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
