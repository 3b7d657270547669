// Before anything is painted: a chosen theme never flashes the other one. The page allows no inline script.
try {
  document.documentElement.dataset.theme = localStorage.getItem("metronome.theme") ?? "system";
} catch {
  // Storage is denied.
}
