// Runs before anything is painted, so that a chosen theme never flashes the other one. A file of its own, because the
// page allows no inline script.
try {
  document.documentElement.dataset.theme = localStorage.getItem("metronome.theme") ?? "system";
} catch {
  // Storage is denied: the system's theme it is.
}
