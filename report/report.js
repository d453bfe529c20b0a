"use strict";
const player = document.querySelector("#player video");
const tabs = [...document.querySelectorAll("[data-src]")];
function seek(at) {
  if (!player) return;
  player.currentTime = at;
  player.play().catch(() => {});
  player.scrollIntoView({ block: "nearest" });
}
// What is seen before it plays; the cover is in the page once, further down.
function show(tab) {
  const [shape] = tab.dataset.name.match(/\d+x\d+/);
  player.poster = document.querySelector(`img[data-cover="${shape}"]`)?.src ?? "";
}
if (tabs.length) show(tabs[0]);
for (const tab of tabs) tab.addEventListener("click", () => {
  const at = player.currentTime, on = !player.paused;
  for (const other of tabs) other.setAttribute("aria-pressed", String(other === tab));
  show(tab);
  player.src = tab.dataset.src;
  const resume = () => {
    player.currentTime = at;
    if (on) player.play().catch(() => {});
  };
  player.addEventListener("loadedmetadata", resume, { once: true });
  for (const checks of document.querySelectorAll("[data-checks]")) checks.hidden = checks.dataset.checks !== tab.dataset.name;
});
for (const spot of document.querySelectorAll("[data-seek]")) spot.addEventListener("click", (event) => {
  event.preventDefault();
  seek(Number(spot.dataset.seek));
});
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", async () => {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = "copied";
  setTimeout(() => { button.textContent = "copy"; }, 1200);
});
const script = document.querySelector(".script");
for (const button of document.querySelectorAll("button[data-only]")) button.addEventListener("click", () => {
  for (const other of document.querySelectorAll("button[data-only]")) other.setAttribute("aria-pressed", String(other === button));
  script.dataset.only = button.dataset.only;
});
// What a sentence leans on may be hidden: all are shown before the page goes there.
for (const tie of document.querySelectorAll(".tie a")) tie.addEventListener("click", () => {
  document.querySelector('button[data-only=""]').click();
});
// Where the promo is now: on its own strip, on the video's timeline, and in the transcript.
const clips = [...document.querySelectorAll(".time .go")].map(({ dataset }) => ({
  from: Number(dataset.from),
  lasts: Number(dataset.lasts),
  left: Number(dataset.left),
  wide: Number(dataset.wide),
}));
const lines = [...document.querySelectorAll(".script [data-from]")];
const whole = clips.reduce((sum, clip) => Math.max(sum, clip.from + clip.lasts), 0);
function put(id, x) {
  const line = document.getElementById(id);
  line?.setAttribute("x1", x);
  line?.setAttribute("x2", x);
}
function follow() {
  const at = player.currentTime;
  const clip = clips.find((each) => at >= each.from && at < each.from + each.lasts);
  put("now-cut", `${Math.min(100, 100 * at / (whole || 1))}%`);
  put("now-source", clip ? `${clip.left + clip.wide * (at - clip.from) / clip.lasts}%` : "-9");
  for (const line of lines) {
    const { from, to } = line.dataset;
    line.classList.toggle("now", at > 0 && at >= Number(from) && at < Number(to));
  }
  const now = script?.querySelector(".now");
  if (!now || player.paused) return;
  const top = now.offsetTop - script.offsetTop;
  const above = top < script.scrollTop;
  const below = top + now.offsetHeight > script.scrollTop + script.clientHeight;
  if (above || below) script.scrollTop = top - 40;
}
if (player) for (const name of ["timeupdate", "seeked"]) player.addEventListener(name, follow);
document.addEventListener("keydown", (event) => {
  const elsewhere = event.target.closest("button, a, input, textarea, select, video, summary");
  if (!player || elsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    event.preventDefault();
    player.paused ? player.play() : player.pause();
  }
  if (event.key === "ArrowRight") player.currentTime += 1;
  if (event.key === "ArrowLeft") player.currentTime -= 1;
});
