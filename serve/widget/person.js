// Handing the chat over to a person: asks for one, waits for one, shows what the person writes.
import { Refused, request } from "./api.js";
import { field, find, panel, texts } from "./dom.js";
import { addToEnd, note, say } from "./log.js";
import { keep, kept } from "./memory.js";
import { tell } from "./frame.js";

const EVERY = 4000;
const SELDOM = 25000;
const ask = find("person");
const about = find("about");
const LABELS = { pending: texts.person_waiting, human: texts.person_here };
const NEWS = { human: texts.person_joined, closed: texts.person_gone };

let asking = false;
let away = null;
let timer = 0;

ask.addEventListener("click", askForPerson);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && kept.token) look();
});

async function askForPerson() {
  if (asking || ask.ariaDisabled === "true") return;
  if (current() === "pending") return leaveMessage();
  asking = true;
  try {
    await post("", "");
  } catch (error) {
    if (error.status === 404) nobody();
    else note(error instanceof Refused ? error.words : texts.failed);
  } finally {
    asking = false;
  }
}

async function post(message, contact) {
  const response = await request("POST", "person", { body: { message, contact }, renew: true });
  take(await response.json());
}

function nobody() {
  note(texts.person_nobody);
  ask.ariaDisabled = "true";
  ask.querySelector("span").textContent = texts.person_nobody;
}

// What the end of an answer says of the state; whether anybody is there, only the server knows.
export function follow({ state, action, token }) {
  if (token) keep({ token });
  if (action === "handover" || (state && state !== current())) look();
  else show(current());
}

// Begins where the page before left off, or anew.
export function resume() {
  away?.remove();
  away = null;
  show(current());
  if (kept.token) look();
}

function current() {
  return kept.state ?? "bot";
}

function take({ state, open, token, messages = [] }) {
  const before = current();
  if (token) keep({ token });
  if (state in LABELS || state !== before) keep({ state, open }); // a page only left open is not kept for longer
  if (state === "pending" && !open && !kept.left) leaveMessage();
  else if (state === "pending" && before !== "pending") note(texts.person_pending);
  else if (state === "bot" && before === "human") note(texts.person_gone);
  else if (state !== before && NEWS[state]) note(NEWS[state]);
  for (const message of messages) {
    if (kept.seen?.includes(message.message_id)) continue;
    keep({ seen: [...(kept.seen ?? []), message.message_id] });
    say("human", message.text);
    tell("news");
  }
  if (state !== "pending") keep({ left: false });
  show(state);
}

function show(state) {
  const label = state === "pending" && !kept.open ? undefined : LABELS[state];
  about.textContent = label ?? texts.automated;
  ask.querySelector("span").textContent = label ?? texts.person_ask;
  ask.ariaDisabled = String(Boolean(label));
  if (!(state in LABELS)) away = away?.remove() ?? null;
  clearTimeout(timer);
  if (state in LABELS) timer = setTimeout(look, EVERY);
  else if (kept.token && !document.hidden) timer = setTimeout(look, SELDOM); // somebody may take the chat from the bot
}

async function look() {
  clearTimeout(timer);
  const { token } = kept;
  try {
    const after = encodeURIComponent(kept.seen?.at(-1) ?? "");
    const response = await request("GET", `state?after=${after}`);
    const news = await response.json();
    if (kept.token === token) take(news);
    else show(current()); // a fresh token came meanwhile, or another chat
  } catch (error) {
    if (kept.token === token && error instanceof Refused && error.status < 500 && error.status !== 429) {
      keep({ state: "bot", token: error.status === 401 ? null : token });
    }
    show(current());
  }
}

function leaveMessage() {
  if (away) return away.querySelector("textarea").focus();
  const message = field("textarea", texts.message, 2000);
  const contact = field("input", texts.contact, 200);
  contact.autocomplete = "email";
  message.required = contact.required = true;
  keep({ left: true });
  const close = () => {
    away = away?.remove() ?? null;
    find("message").focus();
  };
  const send = async () => {
    await post(message.value, contact.value);
    close();
    note(texts.left);
  };
  away = panel(texts.away, [message, contact], texts.send, send, texts.cancel, close);
  addToEnd(away);
  message.focus();
}
