"use strict";
const find = (id) => document.getElementById(id);
const { run, thread, status } = document.body.dataset;
const answer = find("answer");

function cell(tag, text, name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function say(text, bad = false) {
  answer.replaceChildren(text);
  answer.classList.toggle("bad", bad);
}

function lasting(seconds) {
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function quote(told) {
  const list = document.createElement("dl");
  const row = (name, text) => { if (text) list.append(cell("dt", name), cell("dd", text)); };
  row("Understood", told.understood);
  row("Changes", told.changes);
  row("Would", told.steps.join(", "));
  row("Takes", `about ${lasting(told.seconds)}`);
  const most = `about $${told.dollars.toFixed(2)}, never more than $${told.cap.toFixed(2)}`;
  row("Costs", told.dollars || told.cap ? most : "nothing");
  answer.replaceChildren(list);
  answer.classList.remove("bad");
}

function turn(said, reply) {
  const line = document.createElement("li");
  const box = cell("div", "", "reply");
  box.append(cell("p", reply));
  line.append(cell("p", said, "said"), box);
  find("talk").append(line);
  line.scrollIntoView({ block: "nearest" });
}

async function post(address, body, more = {}) {
  const headers = { "Content-Type": "application/json", ...more };
  return answered(fetch(address, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answered(call) {
  const sent = await call;
  const told = await sent.json();
  if (!sent.ok) throw new Error(`${told.error} ${told.to_do}`);
  return told;
}

async function newest(name) {
  const told = await (await fetch("/videos")).json();
  return told.videos.find((video) => video.name === name) || told.videos[0];
}

function here(told) {
  const select = find("video");
  const known = [...select.options].find((option) => option.value === told.id);
  const option = known || new Option(told.name, told.id);
  if (!known) select.prepend(option);
  option.selected = true;
  select.hidden = document.querySelector("label[for=video]").hidden = false;
  beside(told);
  say(`${told.name} is here. Now say what to make of it.`);
  find("message").focus();
}

async function upload(file) {
  let asked;
  try { asked = await post("/videos", { name: file.name }); } catch (error) { say(error.message, true); return; }
  const form = new FormData();
  for (const [name, value] of Object.entries(asked.fields)) form.append(name, value);
  form.append("file", file);
  const bar = find("sent");
  const call = new XMLHttpRequest();
  bar.hidden = false;
  call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
  call.addEventListener("loadend", () => {
    bar.hidden = true;
    let told = {};
    try { told = JSON.parse(call.responseText); } catch { told = { error: "The upload broke off.", to_do: "Try again." }; }
    if (call.status === 204) newest(file.name).then(here, (error) => say(error.message, true));
    else if (call.status === 201) here(told);
    else say(`${told.error} ${told.to_do}`, true);
  });
  call.open("POST", asked.url);
  // A bucket takes no header of ours.
  if (asked.url.startsWith("/")) call.setRequestHeader("Accept", "application/json");
  call.send(form);
}

// What was given with the video that is chosen.
function beside(told, music = "") {
  if (!find("music")) return;
  find("transcribed").textContent = told.transcript ? `${told.transcript} is used instead of listening.` : "";
  find("listen").hidden = !told.transcript;
  find("music").replaceChildren(new Option("none", ""), ...told.music.map((each) => new Option(each.name, each.id)));
  find("music").value = music;
}

async function give(what, input) {
  const video = find("video").value, file = input.files[0];
  if (!file) return;
  if (!video) { say("Choose a video first.", true); input.value = ""; return; }
  const form = new FormData();
  form.append("file", file);
  say(`Reading ${file.name} …`);
  try {
    const told = await answered(fetch(`/videos/${video}/${what}`, { method: "POST", body: form }));
    beside(told, what === "music" ? told.music.find((each) => each.name === file.name)?.id : find("music").value);
    say(what === "music" ? `${file.name} goes under the voice.` : `${file.name} is used instead of listening.`);
  } catch (error) { say(error.message, true); }
  input.value = "";
}

if (find("music")) {
  const chosen = async () => {
    const told = await (await fetch("/videos")).json();
    const video = told.videos.find((each) => each.id === find("video").value);
    if (video) beside(video);
  };
  chosen();
  find("video").addEventListener("change", chosen);
  find("transcript").addEventListener("change", (event) => give("transcript", event.target));
  find("song").addEventListener("change", (event) => give("music", event.target));
  find("listen").addEventListener("click", async () => {
    try {
      beside(await answered(fetch(`/videos/${find("video").value}/transcript`, { method: "DELETE" })), find("music").value);
      say("It is listened to.");
    } catch (error) { say(error.message, true); }
  });
}

const drop = find("drop");
if (drop) {
  find("file").addEventListener("change", (event) => { if (event.target.files[0]) upload(event.target.files[0]); });
  for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) upload(event.dataTransfer.files[0]);
  });
}

function options() {
  const marked = ["clean", "tighten", "strict", "fresh", "sheet"].map((name) => [name, find(name).checked]);
  return { ...Object.fromEntries(marked), ...(find("music")?.value ? { music: find("music").value } : {}) };
}

async function send(plan) {
  const box = find("message");
  if (!box.value.trim()) { say("Say what you want first.", true); box.focus(); return; }
  const video = find("video");
  if (video && !video.value) { say("Choose a video first.", true); return; }
  const buttons = [find("send"), find("plan")];
  for (const button of buttons) button.disabled = true;
  say(plan ? "Looking it over …" : "Reading …");
  try {
    const body = { message: box.value, plan, ...(thread ? { thread } : { video: video.value, ...options() }) };
    const told = await post("/chat", body, plan ? {} : { "Idempotency-Key": crypto.randomUUID() });
    if (told.plan) quote(told.plan);
    else if (told.status) { location.href = `/?run=${told.run_id}`; return; }
    else if (find("talk")) { turn(box.value, told.reply); say(""); box.value = ""; }
    else say(told.reply);
  } catch (error) { say(error.message, true); }
  for (const button of buttons) button.disabled = false;
}

if (find("chat")) {
  find("chat").addEventListener("submit", (event) => { event.preventDefault(); send(false); });
  find("plan").addEventListener("click", () => send(true));
  find("message").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(false);
  });
}
for (const button of document.querySelectorAll("[data-say]")) button.addEventListener("click", () => {
  const box = find("message");
  box.value = button.dataset.say;
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
});
if (find("talk")) find("talk").scrollTop = find("talk").scrollHeight;

function step(told) {
  const line = cell("li", "", told.state);
  const share = told.share > 0 ? `${Math.round(100 * told.share)} %` : "";
  const much = told.state === "working" ? share : told.seconds ? lasting(told.seconds) : "";
  const mark = cell("span", "", "mark"), state = cell("span", "", "n");
  mark.setAttribute("aria-hidden", "true");
  if (["refused", "failed"].includes(told.state)) state.append(`${told.state} `); else state.append(cell("span", told.state, "hidden"));
  state.append(much);
  line.append(mark, cell("span", told.title), state);
  if (told.note) line.append(cell("small", told.note));
  if (told.state === "working" && told.share > 0) {
    const bar = document.createElement("progress");
    bar.value = told.share;
    bar.setAttribute("aria-label", told.title);
    line.append(bar);
  }
  return line;
}

let shown = "";
function steps(told) {
  const doing = told.steps.filter((each) => each.state === "working").map((each) => each.title).join(", ");
  const state = told.status === "queued" ? "waiting for its turn" : doing || told.status;
  if (state !== shown) { shown = state; find("state").textContent = state; }  // a screen reader is told of changes only
  document.title = `${state} · Hookline`;
  find("steps").replaceChildren(...told.steps.map(step));
}

if (run && ["queued", "working"].includes(status)) {
  const watch = new EventSource(`/runs/${run}/events`);
  watch.addEventListener("run", (event) => {
    const told = JSON.parse(event.data);
    steps(told);
    if (!["queued", "working"].includes(told.status)) { watch.close(); location.reload(); }
  });
}

async function fix(words) {
  try {
    const told = await post(`/runs/${run}/fix`, { words: [words] }, { "Idempotency-Key": crypto.randomUUID() });
    location.href = `/?run=${told.run_id}`;
  } catch (error) { say(error.message, true); }
}

find("fix")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const heard = find("heard").value.trim(), right = find("right").value.trim();
  fix(heard ? `${heard}=${right}` : right);
});
for (const button of document.querySelectorAll("[data-fix]")) button.addEventListener("click", () => fix(button.dataset.fix));

find("moments")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const only = [...document.querySelectorAll("[data-moment]:checked")].map((box) => Number(box.value));
  if (!only.length) { say("Choose at least one moment.", true); return; }
  find("choose").disabled = true;
  try {
    const told = await post(`/runs/${run}/moments`, { only }, { "Idempotency-Key": crypto.randomUUID() });
    location.href = `/?run=${told.run_id}`;
  } catch (error) { say(error.message, true); find("choose").disabled = false; }
});

find("forget")?.addEventListener("click", async () => {
  if (!confirm("Delete this version, its files and what is recorded of it? The video goes with its last version.")) return;
  try {
    const told = await answered(fetch(`/runs/${run}`, { method: "DELETE" }));
    if (told.left.length) say(`Deleted; still in the outbox: ${told.left.join(", ")}`, true); else location.href = "/";
  } catch (error) { say(error.message, true); }
});

if ("soon" in document.body.dataset) setTimeout(() => location.reload(), 4000);

for (const button of document.querySelectorAll("[data-thumb]")) button.addEventListener("click", async () => {
  const { clip, thumb } = button.dataset;
  try {
    const told = await post(`/runs/${run}/thumbs`, { clip: Number(clip), thumb });
    for (const other of document.querySelectorAll(`[data-clip="${clip}"]`)) {
      other.setAttribute("aria-pressed", String(other.dataset.thumb === told.thumbs[clip]));
    }
  } catch (error) { say(error.message, true); }
});

for (const button of document.querySelectorAll("[data-verdict]")) button.addEventListener("click", async () => {
  try {
    const told = await post(`/runs/${run}/approval`, { verdict: button.dataset.verdict });
    find("decided").textContent = `${told.verdict} by ${told.who}, ${told.at.slice(0, 16).replace("T", " ")}`;
    for (const other of document.querySelectorAll("[data-verdict]")) {
      other.setAttribute("aria-pressed", String(other.dataset.verdict === told.verdict));
    }
  } catch (error) { say(error.message, true); }
});

find("share")?.addEventListener("click", async () => {
  const name = document.querySelector("#player .tabs [aria-pressed=true]").dataset.name;
  try {
    const told = await post(`/runs/${run}/share`, { name });
    const link = cell("a", name);
    link.href = told.url;
    find("shared").replaceChildren("holds for 15 minutes: ", link);
    await navigator.clipboard.writeText(told.url).then(() => find("shared").append(", copied"), () => {});
  } catch (error) { say(error.message, true); }
});

const pair = [...document.querySelectorAll(".pair video")];
if (pair.length) {
  find("both").addEventListener("click", () => {
    const play = pair[0].paused;
    for (const video of pair) {
      if (!play) { video.pause(); continue; }
      video.currentTime = 0;
      video.play().catch(() => {});
    }
  });
  for (const tab of document.querySelectorAll("[data-shape]")) tab.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-shape]")) other.setAttribute("aria-pressed", String(other === tab));
    for (const video of pair) video.src = video.dataset.base + tab.dataset.shape;
  });
}
