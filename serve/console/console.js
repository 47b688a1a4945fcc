// The review console: shows one answer at a time with its conversation, takes a rating or a better answer.
// Text from anywhere becomes DOM text, never markup.
"use strict";

const SECONDS_TO_LOOK_AGAIN = 15;

let cases = [];
let rating = null;
let sending = false;
const skipped = new Set();

function show(name) {
  for (const id of ["empty", "case"]) get(id).hidden = id !== name;
}

// --- The queue --------------------------------------------------------------------------------------------------

async function load() {
  try {
    const [queue, stats] = await Promise.all([call("queue"), call("stats")]);
    get("load-fault").textContent = "";
    cases = queue.cases.filter((item) => !skipped.has(item.message_id));
    if (!cases.length && skipped.size) {
      skipped.clear();
      cases = queue.cases;
    }
    showStats(stats);
    next();
  } catch (error) {
    get("load-fault").textContent = error.message;
  }
}

function showStats(stats) {
  const figures = [[stats.waiting, "waiting"], [stats.reviewed, "reviewed"], [stats.corrections, "corrected"]];
  if (stats.mean_rating !== null) figures.push([stats.mean_rating.toFixed(1), "mean rating"]);
  get("stats").replaceChildren(...figures.map(([figure, words]) => {
    const group = make("div");
    group.append(make("dt", "", words), make("dd", "", String(figure)));
    return group;
  }));
  get("stats").title = stats.by_model.map((m) => `${m.model}: ${m.answers} answers, ${m.reviewed} reviewed` +
    (m.mean_rating === null ? "" : `, mean ${m.mean_rating.toFixed(1)}`)).join("\n");
}

function next() {
  if (!cases.length) return show("empty");
  showCase(cases[0]);
}

function done(message) {
  cases.shift();
  toast(message);
  if (cases.length) {
    next();
    call("stats").then(showStats, () => {});
  } else {
    load();
  }
}

// --- One case ---------------------------------------------------------------------------------------------------

function placeholders(parent, text) {
  let at = 0;
  for (const match of text.matchAll(/<([A-Z][A-Z_]*)_(\d{1,4})>/g)) {
    parent.append(text.slice(at, match.index));
    const mark = make("mark", "", `${match[1].toLowerCase().replaceAll("_", " ")} ${match[2]}`);
    mark.title = `${match[0]}: personal data that was replaced`;
    parent.append(mark);
    at = match.index + match[0].length;
  }
  parent.append(text.slice(at));
}

function turn(className, who, text) {
  const element = make("div", `turn ${className}`);
  const bubble = make("div", "bubble");
  placeholders(bubble, text || "(an empty answer)");
  element.append(make("p", "who", who), bubble);
  return element;
}

function line(name, value) {
  const row = make("div", "line");
  row.append(make("span", "soft", name), typeof value === "string" ? make("span", "", value) : value);
  return row;
}

function about(item) {
  const parts = [];
  if (item.thumb) {
    const box = make("div", item.thumb > 0 ? "customer content" : "customer");
    const reasons = item.reasons.join(", ");
    box.append(make("b", "", item.thumb > 0 ? "The customer liked it" : `Thumb down${reasons ? `: ${reasons}` : ""}`));
    if (item.comment) {
      const comment = make("p");
      placeholders(comment, item.comment);
      box.append(comment);
    }
    parts.push(box);
  }
  parts.push(line("Model", item.digest ? `${item.model} (${item.digest.slice(0, 8)})` : item.model));
  if (item.confidence !== null) {
    parts.push(line("Confidence", `${Math.round(item.confidence * 100)} %`));
    const bar = make("div", "bar");
    const filled = make("i");
    filled.style.width = `${Math.round(item.confidence * 100)}%`;
    bar.append(filled);
    parts.push(bar);
  }
  parts.push(line("Answered", new Date(item.created_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })));
  if (item.sources.length) {
    const details = make("details");
    const list = make("ol");
    for (const source of item.sources) {
      const entry = make("li");
      placeholders(entry, source.question);
      entry.append(make("span", "soft", ` ${source.score.toFixed(2)}`));
      list.append(entry);
    }
    const count = item.sources.length === 1 ? "1 resolved question" : `${item.sources.length} resolved questions`;
    const quoted = item.sources.some((source) => source.quoted);
    details.append(make("summary", "", quoted ? "Quoted from a colleague's answer to" : `The bot saw ${count}`), list);
    parts.push(details);
  }
  return parts;
}

function showCase(item) {
  get("conversation").replaceChildren(
    ...item.conversation.map((said) => turn(said.role, WHO[said.role], said.content)),
    turn("assistant asked", "The answer to review", item.answer),
  );
  get("about").replaceChildren(...about(item));
  get("corrected").value = "";
  get("comment").value = "";
  get("fault").textContent = "";
  get("correction").hidden = true;
  rate(null);
  show("case");
  if (document.activeElement) document.activeElement.blur();
  get("conversation").lastElementChild.scrollIntoView({ block: "nearest" });
}

function rate(value) {
  rating = value;
  for (const button of get("ratings").children) {
    button.setAttribute("aria-pressed", String(Number(button.textContent) === value));
  }
}

function correct() {
  get("correction").hidden = false;
  const field = get("corrected");
  if (!field.value) field.value = cases[0].answer;
  field.focus({ preventScroll: true });
  get("correction").scrollIntoView({ block: "nearest" });
  field.setSelectionRange(field.value.length, field.value.length);
}

async function submit() {
  if (sending || !cases.length) return;
  const item = cases[0];
  const written = get("correction").hidden ? "" : get("corrected").value.trim();
  const corrected = written === item.answer.trim() ? "" : written;
  if (rating === null && !corrected) {
    get("fault").textContent = "Rate the answer (1 to 5), or write a better one.";
    return;
  }
  sending = true;
  get("submit").disabled = true;
  try {
    const body = { message_id: item.message_id, rating, corrected: corrected || null, comment: get("comment").value };
    await call("review", body);
    done(corrected ? "Correction saved" : "Rating saved");
  } catch (error) {
    get("fault").textContent = error.message;
  } finally {
    sending = false;
    get("submit").disabled = false;
  }
}

function skip() {
  if (!cases.length || sending) return;
  skipped.add(cases[0].message_id);
  done("Skipped");
}

function toast(text) {
  get("toast").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { get("toast").textContent = ""; }, 1800);
}

// --- Controls ---------------------------------------------------------------------------------------------------

for (let value = 1; value <= 5; value += 1) {
  const button = make("button", "", String(value));
  button.type = "button";
  button.setAttribute("aria-label", `${value} of 5`);
  button.addEventListener("click", () => rate(value));
  get("ratings").append(button);
}
get("correct").addEventListener("click", correct);
get("skip").addEventListener("click", skip);
get("refresh").addEventListener("click", load);
get("help-button").addEventListener("click", () => get("help").showModal());
get("decision").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
document.addEventListener("keydown", (event) => {
  if (asking || get("help").open || get("case").hidden) return;
  const typing = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submit();
  } else if (typing) {
    if (event.key === "Escape") event.target.blur();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
    shortcut(event);
  }
});

function shortcut(event) {
  if (event.key >= "1" && event.key <= "5") rate(Number(event.key));
  else if (event.key === "c") correct();
  else if (event.key === "s") skip();
  else if (event.key === "?") get("help").showModal();
  else if (event.key === "Enter" && (!(event.target instanceof HTMLButtonElement) || event.target.closest("#ratings"))) submit();
  else return;
  event.preventDefault();
}

setInterval(() => {
  if (!asking && (!get("empty").hidden || get("load-fault").textContent)) load();
}, SECONDS_TO_LOOK_AGAIN * 1000);

load();
