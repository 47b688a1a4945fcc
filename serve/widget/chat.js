// The chat page: sends a message, shows the answer as it streams in, stops it, tries again, deletes the chat.
import { answer, Refused, request, Unreachable } from "./api.js";
import { button, find, greeting, panel, texts } from "./dom.js";
import { framed, onOpened, tell } from "./frame.js";
import * as log from "./log.js";
import { forget, keep, kept } from "./memory.js";
import { follow, resume } from "./person.js";
import { offerThumbs } from "./thumbs.js";

const message = find("message");
const sendButton = find("send");
const stopButton = find("stop");
const deleteButton = find("delete");
const LONGEST_PAUSE = 30;
const DELETED = "deleted";

let running = null;

async function send(words) {
  const control = new AbortController();
  running = control;
  showState();
  const mine = log.say("mine", words);
  const turn = log.begin();
  const said = { text: "" };
  try {
    await deliver(words, turn, said, control.signal);
  } catch (error) {
    if (control.signal.reason === DELETED) turn.drop();
    else if (control.signal.aborted) stopped(words, mine, turn, said);
    else failed(words, mine, turn, said, error);
  } finally {
    if (running === control) running = null;
    showState();
    if (document.activeElement === document.body) message.focus();
  }
}

// While the server cannot be reached the message waits here, and goes out again after a pause or when the browser
// finds a network.
async function deliver(words, turn, said, signal) {
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    try {
      for await (const event of answer(words, signal)) {
        if (event.type === "text") turn.write((said.text += event.text));
        if (event.type === "end") ended(turn, said.text, event);
      }
      return;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      said.waits = true;
      turn.tell(texts.offline);
      await connection(pause, signal);
    }
  }
}

function connection(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    window.addEventListener("online", resolve, { once: true });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

function ended(turn, text, event) {
  if (event.message_id) {
    turn.finish(text.trim() ? text : texts.no_answer, { id: event.message_id });
    offerThumbs(turn, event.message_id);
  } else turn.drop(); // what was written of it is no answer: a person has the chat
  follow(event);
}

// A message that never went out goes back to where it was typed.
function stopped(words, mine, turn, said) {
  if (said.waits && !said.text) {
    log.drop(mine);
    turn.drop();
    if (!message.value) message.value = words;
    grow();
    return;
  }
  turn.finish(said.text || "…");
  log.note(texts.stopped);
}

function failed(words, mine, turn, said, error) {
  const why = error instanceof Refused ? error.words : said.text ? texts.broken_off : texts.failed;
  turn.finish(said.text ? `${said.text}\n\n${why}` : why, { failed: true });
  offerAgain(words, mine, turn);
}

function offerAgain(words, mine, turn) {
  turn.element.classList.add("fault");
  turn.element.append(button("again", texts.again, () => {
    if (running) return;
    log.drop(mine, turn);
    send(words);
  }));
}

function showState() {
  stopButton.hidden = running === null;
  sendButton.hidden = running !== null;
  sendButton.disabled = !message.value.trim();
}

// --- The chat as it was on the page before ----------------------------------------------------------------------

function restore() {
  const entries = kept.entries ?? [];
  let mine = null;
  for (const { who, text, id, rated, failed: broke } of entries) {
    const turn = log.say(who, text, { id, rated, failed: broke });
    if (id) offerThumbs(turn, id, rated);
    if (broke && mine) offerAgain(mine.words, mine, turn);
    mine = who === "mine" ? { ...turn, words: text } : null;
  }
  if (mine && (kept.state ?? "bot") === "bot") failed(mine.words, mine, log.begin(), { text: "" }, new Error());
}

function start() {
  log.clear();
  log.greet(greeting);
  restore();
  message.value = kept.draft ?? "";
  grow();
  showState();
  resume();
}

// --- Delete -----------------------------------------------------------------------------------------------------

let sure = null;

function askWhetherToDelete() {
  const close = () => {
    sure = sure?.remove() ?? null;
    message.focus();
  };
  close();
  sure = panel(texts.delete_sure, [], texts.delete_yes, remove, texts.cancel, close, texts.not_deleted);
  log.addToEnd(sure);
  sure.querySelector(".main").focus();
}

async function remove() {
  running?.abort(DELETED);
  if (kept.token) await request("DELETE", "chat");
  sure = null;
  forget();
  start();
  log.note(texts.deleted);
  message.focus();
}

// --- The field ---------------------------------------------------------------------------------------------------

function grow() {
  message.style.height = "auto";
  message.style.height = `${message.scrollHeight}px`;
}

message.addEventListener("input", () => {
  grow();
  showState();
  keep({ draft: message.value });
});
message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
});
sendButton.addEventListener("click", submit);
stopButton.addEventListener("click", () => running?.abort());
deleteButton.addEventListener("click", askWhetherToDelete);

function submit() {
  const words = message.value.trim();
  if (!words || running) return;
  message.value = "";
  keep({ draft: "" });
  grow();
  send(words);
}

// --- In a frame: the page around it can close the chat ----------------------------------------------------------

find("close").hidden = !framed;
find("close").addEventListener("click", () => tell("close"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") tell("close");
});
// A touch screen's keyboard would cover what there is to read.
const focus = () => (matchMedia("(pointer: coarse)").matches ? find("scroll") : message).focus();
onOpened(focus);

start();
if (!framed) focus();
