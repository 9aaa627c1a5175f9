// Makes an event's page live: it counts down, keeps ticks at once, and follows what changes.
"use strict";

const main = document.querySelector("#main");
const RETRY = 5000;
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// --- the time that is left ---

function countDown() {
  const time = document.querySelector("[data-countdown]");
  if (!time) return;
  const left = Math.round((new Date(time.dateTime) - Date.now()) / 1000);
  time.title = new Date(time.dateTime).toLocaleString();
  if (left <= 0) return;
  const from = UNITS.findIndex(([, size]) => left >= size);
  const words = UNITS.slice(from, from + 2).map(([unit, size], at) => {
    const count = Math.floor((at ? left % UNITS[from][1] : left) / size);
    const style = { style: "unit", unit, unitDisplay: "long" };
    return new Intl.NumberFormat(document.documentElement.lang, style).format(count);
  });
  time.textContent = time.dataset.countdown.replace("{left}", words.join(", "));
}

// --- the ballot: a tick is kept at once; the button stays for when that fails ---

let sending = Promise.resolve();

async function send(ballot) {
  const said = ballot.querySelector(".said");
  try {
    const answer = await fetch(ballot.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(ballot)),
    });
    const body = await answer.json();
    if (body.token) ballot.elements.token.value = body.token;
    said.textContent = body.said ?? body.problem;
    return answer.ok;
  } catch {
    said.textContent = ballot.dataset.failed;
    return false;
  }
}

document.addEventListener("change", (event) => {
  const ballot = event.target.closest("#ballot");
  if (!ballot) return;
  const box = event.target;
  sending = sending.then(async () => {
    if (!(await send(ballot))) box.checked = !box.checked;
  });
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "ballot") return;
  event.preventDefault();
  sending = sending.then(() => send(event.target));
});

// --- what changes while the page is open ---

let known = null;

async function renew() {
  const open = document.querySelector("details")?.open;
  if (open) return; // somebody is filling in the form: it is not taken from under their hands
  await sending;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#event");
  if (!fresh) return;
  const focused = document.activeElement?.closest("li")?.id;
  document.querySelector("#event").replaceWith(fresh);
  if (focused) document.getElementById(focused)?.querySelector("input, a")?.focus();
  countDown();
}

function listen() {
  const stream = new EventSource(main.dataset.live);
  stream.addEventListener("changed", ({ data }) => {
    if (known !== null && known !== data) renew();
    known = data;
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, RETRY);
  });
}

countDown();
setInterval(countDown, 1000);
listen();
