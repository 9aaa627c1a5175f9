// Makes the room live: messages come and go without loading the page. Everything works without.
"use strict";

const threads = document.querySelector("#threads");
const write = document.querySelector("#write");
const press = document.querySelector("#press");
const problem = write.querySelector(".problem");
const text = write.elements.text;
const RETRY = 5000;

// --- what is shown ---

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  tellTimes(template.content);
  return template.content.firstElementChild;
}

// the server speaks UTC; the reader's own clock says it better
function tellTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    const today = moment.toDateString() === new Date().toDateString();
    const format = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    time.textContent = new Intl.DateTimeFormat(undefined, format).format(moment);
    time.title = moment.toLocaleString();
  }
}

const shown = {
  thread({ id, html }) {
    document.querySelector(".welcome")?.remove();
    if (!document.getElementById(`m${id}`)) threads.append(parse(html));
  },
  answer({ id, thread, done, html }) {
    const place = document.getElementById(`m${thread}`);
    if (!place) return;
    if (!document.getElementById(`m${id}`)) place.querySelector(".answers").append(parse(html));
    if (done) place.querySelector(".progress")?.remove();
  },
  progress({ thread, html }) {
    document.querySelector(`#m${thread} > .progress`)?.replaceWith(parse(html));
  },
  removed({ thread }) {
    document.getElementById(`m${thread}`)?.remove();
  },
  reload() {
    location.reload();
  },
};

// --- what comes ---

let stream = null;
let latest = Number(threads.dataset.latest);

function listen() {
  if (stream || !threads.dataset.live || document.hidden) return;
  stream = new EventSource(`${threads.dataset.live}?after=${latest}`);
  for (const [name, show] of Object.entries(shown)) {
    stream.addEventListener(name, (event) => {
      latest = Math.max(latest, Number(event.lastEventId) || 0);
      show(JSON.parse(event.data));
    });
  }
  stream.addEventListener("open", () => {
    if (problem.textContent === write.dataset.lost) problem.textContent = "";
  });
  stream.addEventListener("error", () => {
    problem.textContent ||= write.dataset.lost;
    if (stream?.readyState === EventSource.CLOSED) {
      stream = null;
      setTimeout(listen, RETRY);
    }
  });
}

// a tab nobody looks at gives its connection back; it catches up when it is seen again
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else {
    listen();
  }
});

// --- what is sent ---

async function send(form, submitter) {
  const fields = new URLSearchParams(new FormData(form, submitter));
  const button = submitter ?? form.querySelector("button");
  button.disabled = true;
  problem.textContent = "";
  try {
    const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action");
    const answer = await fetch(action, {
      method: "POST",
      body: fields,
      headers: { Accept: "application/json" },
    });
    const told = await answer.json();
    if (!answer.ok) {
      problem.textContent = told.problem;
      return false;
    }
    // the next message is another one; this one, sent twice, would have been written once
    form.elements.token.value = told.token;
    return true;
  } catch {
    problem.textContent = write.dataset.failed;
    return false;
  } finally {
    button.disabled = false;
  }
}

write.addEventListener("submit", async (event) => {
  if (!threads.dataset.live) return;
  event.preventDefault();
  document.querySelector(".stage").scrollTop = 0;
  const said = text.value;
  if (await send(write) && text.value === said) { // the next one may be begun already
    text.value = "";
    replyTo("");
  }
  text.focus();
});

press.addEventListener("submit", (event) => {
  if (!threads.dataset.live) return;
  event.preventDefault();
  const { sure } = event.submitter.dataset;
  if (sure && !confirm(sure)) return;
  if (!sure) document.querySelector(".stage").scrollTop = 0;
  send(press, event.submitter);
});

text.addEventListener("keydown", (event) => {
  const typing = event.isComposing || event.shiftKey || !matchMedia("(pointer: fine)").matches;
  if (event.key === "Enter" && !typing) {
    event.preventDefault();
    write.requestSubmit();
  }
});

function replyTo(number) {
  const line = write.querySelector(".replying");
  write.elements.parent.value = number;
  line.querySelector("b").textContent = `#${number}`;
  line.hidden = !number;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-reply], [data-example], .replying a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.example) text.value = link.dataset.example;
  else replyTo(link.dataset.reply ?? "");
  text.focus();
});

// a picture that is not kept any more leaves its description
document.addEventListener("error", (event) => event.target.classList?.add("gone"), true);

tellTimes(document);
listen();
