"use strict";
const player = document.querySelector("#player video");
const tabs = [...document.querySelectorAll("[data-src]")];
function seek(at) { if (!player) return; player.currentTime = at; player.play().catch(() => {}); player.scrollIntoView({ block: "nearest" }); }
for (const tab of tabs) tab.addEventListener("click", () => {
  const at = player.currentTime;
  for (const other of tabs) other.setAttribute("aria-pressed", String(other === tab));
  player.src = tab.dataset.src;
  player.addEventListener("loadedmetadata", () => { player.currentTime = at; }, { once: true });
  for (const checks of document.querySelectorAll("[data-checks]")) checks.hidden = checks.dataset.checks !== tab.dataset.name;
});
for (const spot of document.querySelectorAll("[data-seek]")) spot.addEventListener("click", (event) => { event.preventDefault(); seek(Number(spot.dataset.seek)); });
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", async () => {
  const text = button.dataset.copy;
  try { await navigator.clipboard.writeText(text); }
  catch { const area = document.createElement("textarea"); area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove(); }
  const before = button.textContent; button.textContent = "copied"; setTimeout(() => { button.textContent = before; }, 1200);
});
document.addEventListener("keydown", (event) => {
  if (!player || event.target.closest("button, a, input, textarea, video, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") { event.preventDefault(); player.paused ? player.play() : player.pause(); }
  if (event.key === "ArrowRight") player.currentTime += 1;
  if (event.key === "ArrowLeft") player.currentTime -= 1;
});
