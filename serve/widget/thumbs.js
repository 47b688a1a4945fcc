// Thumbs under an answer: up or down, why, and undo.
import { request } from "./api.js";
import { button, field, icon, make, panel, texts } from "./dom.js";

const UP = "M7 10.5v9M7 10.5l4-7c1.4 0 2.4 1 2.4 2.4V9.5h4.7a2 2 0 0 1 2 2.4l-1.1 6a2 2 0 0 1-2 1.6H7M7 10.5H4v9h3";
const DOWN = "M17 13.5v-9M17 13.5l-4 7c-1.4 0-2.4-1-2.4-2.4v-3.6H5.9a2 2 0 0 1-2-2.4l1.1-6a2 2 0 0 1 2-1.6H17M17 13.5h3v-9h-3";
const REASONS = {
  wrong: texts.wrong,
  unclear: texts.unclear,
  "not my question": texts.not_my_question,
  rude: texts.rude,
  other: texts.other,
};

// Adds the thumbs to a turn. `rated` is the thumb it has already.
export function offerThumbs(turn, messageId, rated = 0) {
  const row = make("div", "rate");
  row.setAttribute("role", "group");
  row.ariaLabel = texts.rate;
  row.ariaLive = "off";
  const up = button("up", "", () => rate(1));
  const down = button("down", "", () => rate(-1));
  up.append(icon(UP));
  down.append(icon(DOWN));
  up.ariaLabel = up.title = texts.good;
  down.ariaLabel = down.title = texts.bad;
  row.append(up, down);
  turn.element.append(row);
  press(rated);

  function press(value) {
    up.ariaPressed = String(value === 1);
    down.ariaPressed = String(value === -1);
  }

  async function store(value, reasons = [], comment = "") {
    await request("POST", "feedback", { body: { message_id: messageId, value, reasons, comment } });
    turn.entry({ rated: value });
  }

  async function rate(value) {
    tidy();
    press(value);
    try {
      await store(value);
    } catch {
      press(0);
      thank(texts.not_saved);
      return;
    }
    if (value === 1) thank(texts.thanks, undo);
    else askWhy();
  }

  function askWhy() {
    const chips = make("div", "chips");
    for (const [reason, words] of Object.entries(REASONS)) {
      const chip = button("chip", words, () => {
        chip.ariaPressed = String(chip.ariaPressed !== "true");
      });
      chip.dataset.reason = reason;
      chip.ariaPressed = "false";
      chips.append(chip);
    }
    const comment = field("textarea", texts.more, 2000);
    const send = async () => {
      const chosen = [...chips.children].filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.reason);
      await store(-1, chosen, comment.value);
      tidy();
      thank(texts.thanks_read, undo);
      down.focus();
    };
    const box = panel(texts.why, [chips, comment], texts.send, send, texts.cancel, undo);
    turn.element.append(box);
    box.scrollIntoView({ block: "nearest" });
    chips.firstElementChild.focus();
  }

  async function undo() {
    try {
      await store(0);
    } catch {
      thank(texts.not_saved, undo);
      return;
    }
    press(0);
    tidy();
    up.focus();
  }

  function tidy() {
    for (const old of turn.element.querySelectorAll(".panel, .thanks")) old.remove();
  }

  function thank(text, onundo) {
    turn.element.querySelector(".thanks")?.remove();
    const line = make("div", "thanks");
    line.append(make("span", "", text));
    if (onundo) line.append(button("undo", texts.undo, onundo));
    turn.element.append(line);
    line.scrollIntoView({ block: "nearest" });
  }
}
