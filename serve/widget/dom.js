// The settings of the page, and what the other modules build with. Text from anywhere becomes DOM text, never markup.
const settings = JSON.parse(document.body.dataset.settings);
export const { greeting, texts } = settings;

export const find = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function button(className, text, onclick) {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", onclick);
  return element;
}

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const values = { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" };
  for (const [name, value] of Object.entries(values)) svg.setAttribute(name, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function field(tag, label, longest) {
  const element = make(tag);
  element.setAttribute("aria-label", label);
  element.placeholder = label;
  element.maxLength = longest;
  element.dir = "auto";
  return element;
}

// Asks one thing in the course of the chat. Escape is its second button; `failed` is said when `onyes` throws. It is no
// form: a page that shows the chat in a sandbox may not allow those.
export function panel(question, content, yes, onyes, no, onno, failed = texts.not_saved) {
  const box = make("div", "panel");
  box.setAttribute("role", "group");
  box.ariaLabel = question;
  const title = make("p", "", question);
  const actions = make("div", "actions");
  const main = button("main", yes, () => {
    if (main.disabled || !content.every((element) => element.reportValidity?.() ?? true)) return;
    main.disabled = true;
    onyes().catch(() => {
      title.textContent = failed;
      title.setAttribute("role", "alert");
    }).finally(() => {
      main.disabled = false;
    });
  });
  actions.append(button("", no, onno), main);
  box.append(title, ...content, actions);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") main.click();
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onno();
  });
  return box;
}
