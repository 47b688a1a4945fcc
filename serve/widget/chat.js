// The chat page: sends a message, shows the answer as it streams in, and takes a thumb with reasons.
// Text from anywhere becomes DOM text, never markup.
"use strict";

const log = document.getElementById("log");
const form = document.getElementById("form");
const field = document.getElementById("message");
const sendButton = document.getElementById("send");
const stopButton = document.getElementById("stop");
const closeButton = document.getElementById("close");

const REASONS = { wrong: "Wrong", unclear: "Unclear", "not my question": "Not my question", rude: "Rude", other: "Other" };
const UP = "M7 10.5v9M7 10.5l4-7c1.4 0 2.4 1 2.4 2.4V9.5h4.7a2 2 0 0 1 2 2.4l-1.1 6a2 2 0 0 1-2 1.6H7M7 10.5H4v9h3";
const DOWN = "M17 13.5v-9M17 13.5l-4 7c-1.4 0-2.4-1-2.4-2.4v-3.6H5.9a2 2 0 0 1-2-2.4l1.1-6a2 2 0 0 1 2-1.6H17M17 13.5h3v-9h-3";

let token = null;
let running = null;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function button(className, text, onclick) {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", onclick);
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const settings = {
    viewBox: "0 0 24 24", width: 18, height: 18, fill: "none", stroke: "currentColor", "stroke-width": 1.7,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  };
  for (const [name, value] of Object.entries(settings)) svg.setAttribute(name, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

// --- Text: paragraphs, lists, bold and links, built as elements -------------------------------------------------

function inline(parent, text) {
  const pattern = /\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)|(https?:\/\/[^\s<>]*[^\s<>.,;:!?)'"])/g;
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    parent.append(text.slice(at, match.index));
    if (match[1]) parent.append(make("strong", "", match[1]));
    else parent.append(link(match[2] || match[4], match[3] || match[4]));
    at = match.index + match[0].length;
  }
  parent.append(text.slice(at));
}

function link(text, address) {
  const element = make("a", "", text);
  element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  return element;
}

function render(bubble, text) {
  const blocks = [];
  let list = null;
  let lines = [];
  const endParagraph = () => {
    if (!lines.length) return;
    const paragraph = make("p");
    inline(paragraph, lines.join("\n"));
    blocks.push(paragraph);
    lines = [];
  };
  for (const line of text.split("\n")) {
    const item = line.match(/^\s*(?:([-*•])|(\d{1,3})[.)])\s+(.*)$/);
    if (item) {
      endParagraph();
      const kind = item[1] ? "UL" : "OL";
      if (!list || list.tagName !== kind) {
        list = make(kind);
        if (item[2]) list.start = Number(item[2]);
        blocks.push(list);
      }
      const entry = make("li");
      inline(entry, item[3]);
      list.append(entry);
    } else if (line.trim()) {
      list = null;
      lines.push(line);
    } else {
      endParagraph();
      list = null;
    }
  }
  endParagraph();
  bubble.replaceChildren(...blocks);
}

// --- The conversation -------------------------------------------------------------------------------------------

function atEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
}

function addTurn(className) {
  const turn = make("div", `turn ${className}`);
  const bubble = make("div", "bubble");
  turn.append(make("span", "hidden", className === "mine" ? "You:" : "Bot:"), bubble);
  log.append(turn);
  return { turn, bubble };
}

function say(className, text) {
  const { turn, bubble } = addTurn(className);
  if (className === "mine") bubble.textContent = text;
  else render(bubble, text);
  toEnd();
  return turn;
}

async function post(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  return fetch(`/widget/api/${path}`, { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function begin() {
  const response = await post("session", {});
  if (!response.ok) throw new Error("The chat could not be started. Try again.");
  token = (await response.json()).token;
}

async function ask(message, signal) {
  if (!token) await begin();
  let response = await post("chat", { message }, signal);
  if (response.status === 401) {
    await begin();
    response = await post("chat", { message }, signal);
  }
  if (!response.ok) {
    const said = await response.json().catch(() => null);
    throw new Error(said && said.error ? said.error.message : "That did not work. Try again.");
  }
  return response;
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const parts = held.split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

async function send(message) {
  const control = new AbortController();
  running = control;
  busy(true);
  say("mine", message);
  const { turn, bubble } = addTurn("theirs");
  const typing = make("span", "typing");
  typing.setAttribute("role", "img");
  typing.setAttribute("aria-label", "The bot is writing");
  typing.append(make("i"), make("i"), make("i"));
  bubble.append(typing);
  log.setAttribute("aria-busy", "true");
  toEnd();
  let text = "";
  try {
    const response = await ask(message, control.signal);
    for await (const event of events(response)) {
      if (event.type === "error") throw new Error(event.message);
      const follow = atEnd();
      if (event.type === "text") {
        text += event.text;
        render(bubble, text);
      }
      if (event.type === "end") {
        if (!text.trim()) render(bubble, "I have no answer to that. Could you put it in other words?");
        offerThumbs(turn, event.message_id);
      }
      if (follow) toEnd();
    }
  } catch (error) {
    if (control.signal.aborted) stopped(turn, bubble, text);
    else failed(turn, bubble, error, message);
  } finally {
    log.removeAttribute("aria-busy");
    running = null;
    busy(false);
  }
}

function stopped(turn, bubble, text) {
  if (!text) render(bubble, "…");
  turn.append(make("p", "note", "Stopped."));
}

function failed(turn, bubble, error, message) {
  turn.classList.add("fault");
  const known = error instanceof TypeError ? "The server cannot be reached. Check your connection." : error.message;
  render(bubble, known);
  turn.append(button("again", "Try again", () => {
    if (running) return;
    turn.previousElementSibling?.remove();
    turn.remove();
    send(message);
  }));
  toEnd();
}

function busy(yes) {
  stopButton.hidden = !yes;
  sendButton.hidden = yes;
  if (!yes && document.activeElement === document.body) field.focus();
  ready();
}

// --- Thumbs -----------------------------------------------------------------------------------------------------

function offerThumbs(turn, messageId) {
  const row = make("div", "rate");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Rate this answer");
  const up = button("up", "", () => rate(turn, row, messageId, 1));
  const down = button("down", "", () => rate(turn, row, messageId, -1));
  up.setAttribute("aria-label", "Good answer");
  down.setAttribute("aria-label", "Bad answer");
  up.append(icon(UP));
  down.append(icon(DOWN));
  row.append(up, down);
  turn.append(row);
}

function press(row, value) {
  row.querySelector(".up").setAttribute("aria-pressed", String(value === 1));
  row.querySelector(".down").setAttribute("aria-pressed", String(value === -1));
}

async function store(messageId, value, reasons, comment) {
  const response = await post("feedback", { message_id: messageId, value, reasons, comment });
  if (!response.ok) throw new Error("not saved");
}

async function rate(turn, row, messageId, value) {
  turn.querySelector(".panel")?.remove();
  turn.querySelector(".thanks")?.remove();
  press(row, value);
  try {
    await store(messageId, value, [], "");
  } catch {
    press(row, 0);
    thank(turn, "Your rating could not be saved. Try again.");
    return;
  }
  if (value === 1) thank(turn, "Thank you.", () => undo(turn, row, messageId));
  else askWhy(turn, row, messageId);
}

function askWhy(turn, row, messageId) {
  const panel = make("div", "panel");
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "What was wrong with this answer?");
  const chips = make("div", "chips");
  for (const [reason, words] of Object.entries(REASONS)) {
    const chip = button("chip", words, () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    });
    chip.dataset.reason = reason;
    chip.setAttribute("aria-pressed", "false");
    chips.append(chip);
  }
  const comment = make("textarea");
  comment.setAttribute("aria-label", "Tell us more, if you like");
  comment.placeholder = "Tell us more, if you like";
  comment.maxLength = 2000;
  const actions = make("div", "actions");
  actions.append(
    button("", "Cancel", () => undo(turn, row, messageId)),
    button("main", "Send", async () => {
      const chosen = [...chips.querySelectorAll('[aria-pressed="true"]')].map((chip) => chip.dataset.reason);
      try {
        await store(messageId, -1, chosen, comment.value);
        panel.remove();
        thank(turn, "Thank you, a person will read this.", () => undo(turn, row, messageId));
        row.querySelector(".down").focus();
      } catch {
        panel.querySelector("p").textContent = "That could not be saved. Try again.";
      }
    }),
  );
  panel.append(make("p", "", "What was wrong?"), chips, comment, actions);
  turn.append(panel);
  panel.scrollIntoView({ block: "nearest" });
  chips.firstElementChild.focus();
}

async function undo(turn, row, messageId) {
  try {
    await store(messageId, 0, [], "");
  } catch {
    return;
  }
  press(row, 0);
  turn.querySelector(".panel")?.remove();
  turn.querySelector(".thanks")?.remove();
  row.querySelector(".up").focus();
}

function thank(turn, text, onundo) {
  turn.querySelector(".thanks")?.remove();
  const line = make("div", "thanks");
  line.append(make("span", "", text));
  if (onundo) line.append(button("undo", "Undo", onundo));
  turn.append(line);
  line.scrollIntoView({ block: "nearest" });
}

// --- The form ---------------------------------------------------------------------------------------------------

function ready() {
  sendButton.disabled = running !== null || !field.value.trim();
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

field.addEventListener("input", () => {
  grow();
  ready();
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const message = field.value.trim();
  if (!message || running) return;
  field.value = "";
  grow();
  send(message);
});
stopButton.addEventListener("click", () => running?.abort());

// --- In a frame: the page around it can close the chat ----------------------------------------------------------

const framed = window.parent !== window;
closeButton.hidden = !framed;
const close = () => window.parent.postMessage({ deskwright: 1, action: "close" }, "*");
closeButton.addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && framed) close();
});

say("theirs", document.body.dataset.greeting);
if (!framed) field.focus();
