// The conversation: turns and notes, in the order in which they came. An answer is written outside the live region and
// moves into it when it is whole, so that a screen reader reads it once.
import { find, make, texts } from "./dom.js";
import { keep } from "./memory.js";
import { render } from "./markdown.js";

const scroll = find("scroll");
const log = find("log");
const writing = find("writing");
const status = find("status");
const SPEAKERS = { mine: texts.you, theirs: texts.bot, human: texts.person };
const entries = new WeakMap();

// `who` is "mine", "theirs" (the bot's) or "human". The entry is what is kept of the turn.
export function say(who, text, more = {}) {
  const turn = draw(who);
  if (who === "mine") turn.bubble.textContent = text;
  else render(turn.bubble, text);
  entries.set(turn.element, { who, text, ...more });
  log.append(turn.element);
  remember();
  toEnd();
  return turn;
}

// The first words of the chat; not kept, since they are in the configuration.
export function greet(text) {
  const { element, bubble } = draw("theirs");
  render(bubble, text);
  log.append(element);
}

export function note(text) {
  log.append(make("p", "note", text));
  toEnd();
}

function draw(who) {
  const element = make("div", who === "human" ? "turn theirs human" : `turn ${who}`);
  const bubble = make("div", "bubble");
  bubble.dir = "auto";
  element.append(make("span", who === "human" ? "name" : "hidden", SPEAKERS[who]), bubble);
  return { element, bubble, entry: (more) => change(element, more) };
}

function change(element, more) {
  entries.set(element, { ...entries.get(element), ...more });
  remember();
}

export function drop(...turns) {
  for (const turn of turns) turn.element.remove();
  remember();
}

export function clear() {
  log.replaceChildren();
}

function remember() {
  keep({ entries: [...log.children].map((element) => entries.get(element)).filter(Boolean) });
}

// A turn of the bot that grows: dots, then text, then a place in the log.
export function begin() {
  const turn = draw("theirs");
  const dots = make("span", "typing");
  dots.append(make("i"), make("i"), make("i"));
  turn.bubble.append(dots);
  writing.append(turn.element);
  status.textContent = texts.writing;
  toEnd();
  return {
    ...turn,
    write(text) {
      const follow = atEnd();
      turn.element.classList.remove("fault");
      render(turn.bubble, text);
      if (follow) toEnd();
    },
    finish(text, more) {
      const follow = atEnd();
      status.textContent = "";
      turn.element.classList.remove("fault");
      render(turn.bubble, text);
      log.append(turn.element);
      change(turn.element, { who: "theirs", text, ...more });
      if (follow) toEnd();
    },
    drop() {
      status.textContent = "";
      turn.element.remove();
    },
    // In the place of the dots.
    tell(text) {
      turn.element.classList.add("fault");
      render(turn.bubble, text);
      status.textContent = text;
      toEnd();
    },
  };
}

export function addToEnd(...elements) {
  log.append(...elements);
  elements.at(-1).scrollIntoView({ block: "nearest" });
}

function atEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}
