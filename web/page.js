"use strict";
const find = (id) => document.getElementById(id);
const { run, thread, status } = document.body.dataset;
const answer = find("answer");

function say(text, bad = false) {
  answer.textContent = text;
  answer.classList.toggle("bad", bad);
}

async function post(address, body, more = {}) {
  const sent = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json", ...more }, body: JSON.stringify(body) });
  const told = await sent.json();
  if (!sent.ok) throw new Error(`${told.error} ${told.to_do}`);
  return told;
}

function upload(file) {
  const form = new FormData();
  form.append("file", file);
  const bar = find("sent");
  const call = new XMLHttpRequest();
  bar.hidden = false;
  call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
  call.addEventListener("loadend", () => {
    bar.hidden = true;
    let told = {};
    try { told = JSON.parse(call.responseText); } catch { told = { error: "The upload broke off.", to_do: "Try again." }; }
    if (call.status !== 201) { say(`${told.error} ${told.to_do}`, true); return; }
    const select = find("video");
    const known = [...select.options].find((option) => option.value === told.id);
    const option = known || new Option(told.name, told.id);
    if (!known) select.prepend(option);
    option.selected = true;
    say(`${told.name} is here. Now say what to make of it.`);
    find("message").focus();
  });
  call.open("POST", "/videos");
  call.setRequestHeader("Accept", "application/json");
  call.send(form);
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

async function send(plan) {
  const box = find("message");
  if (!box.value.trim()) { say("Say what you want first.", true); box.focus(); return; }
  const video = find("video");
  if (video && !video.value) { say("Choose a video first.", true); return; }
  const buttons = [find("send"), find("plan")];
  for (const button of buttons) button.disabled = true;
  say(plan ? "Looking it over …" : "Reading …");
  try {
    const body = { message: box.value, plan, ...(thread ? { thread } : { video: video.value }) };
    const told = await post("/chat", body, plan ? {} : { "Idempotency-Key": crypto.randomUUID() });
    if (told.plan) say([`Understood: ${told.plan.understood}`, told.plan.changes && `Changes: ${told.plan.changes}`, `Would: ${told.plan.steps.join(", ")}`, `About ${Math.round(told.plan.seconds)} s and $${told.plan.dollars.toFixed(2)}, never more than $${told.plan.cap.toFixed(2)}.`].filter(Boolean).join("\n"));
    else if (told.status) location.href = `/?run=${told.run_id}`;
    else { say(told.reply); box.value = ""; }
  } catch (error) { say(error.message, true); }
  for (const button of buttons) button.disabled = false;
}

find("chat").addEventListener("submit", (event) => { event.preventDefault(); send(false); });
find("plan").addEventListener("click", () => send(true));
find("message").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(false); } });

function cell(tag, text, name = "") { const made = document.createElement(tag); made.textContent = text; if (name) made.className = name; return made; }

function steps(told) {
  find("state").textContent = told.status === "queued" ? "waiting for its turn" : told.status;
  find("steps").replaceChildren(...told.steps.map((step) => {
    const line = cell("li", "", step.state);
    const much = step.state === "working" && step.share > 0 ? `${Math.round(100 * step.share)} %` : step.state;
    line.append(cell("span", step.name), cell("span", much), cell("span", step.seconds ? `${step.seconds.toFixed(1)} s` : "", "n"), cell("small", step.note));
    return line;
  }));
}

if (run && ["queued", "working"].includes(status)) {
  const watch = new EventSource(`/runs/${run}/events`);
  watch.addEventListener("run", (event) => {
    const told = JSON.parse(event.data);
    steps(told);
    if (!["queued", "working"].includes(told.status)) { watch.close(); location.reload(); }
  });
}

for (const button of document.querySelectorAll("[data-thumb]")) button.addEventListener("click", async () => {
  const { clip, thumb } = button.dataset;
  try {
    const told = await post(`/runs/${run}/thumbs`, { clip: Number(clip), thumb });
    for (const other of document.querySelectorAll(`[data-clip="${clip}"]`)) other.setAttribute("aria-pressed", String(other.dataset.thumb === told.thumbs[clip]));
  } catch (error) { say(error.message, true); }
});

const pair = [...document.querySelectorAll(".pair video")];
if (pair.length) {
  find("both").addEventListener("click", () => { const play = pair[0].paused; for (const video of pair) { if (play) { video.currentTime = 0; video.play().catch(() => {}); } else video.pause(); } });
  for (const tab of document.querySelectorAll("[data-shape]")) tab.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-shape]")) other.setAttribute("aria-pressed", String(other === tab));
    for (const video of pair) video.src = video.dataset.base + tab.dataset.shape;
  });
}
