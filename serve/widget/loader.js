// Puts a chat button on a web page: <script src="https://bot.example.com/widget.js" async></script>
// The chat itself runs in a frame of its own origin. On the script tag, `data-label` names the button, and
// `data-visitor` (any word that is not secret) tells visitors apart who use the same tab one after the other.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const bot = new URL(".", script.src);
  if ([...document.querySelectorAll("deskwright-chat")].some((other) => other.dataset.bot === bot.href)) return;
  const settings = {{settings}};
  const home = bot.origin;
  const label = script.dataset.label || settings.label;
  const visitor = script.dataset.visitor || "";
  const wholeScreen = matchMedia("(max-width: 480px), (max-height: 480px)");

  const STYLE = `
    :host { all: initial; }
    .chat { --accent: ${settings.light.accent}; --accent-ink: ${settings.light["accent-ink"]}; color-scheme: light; }
    .chat.dark { --accent: ${settings.dark.accent}; --accent-ink: ${settings.dark["accent-ink"]}; color-scheme: dark; }
    .open {
      position: fixed; z-index: 2147483000; inset-inline-end: max(20px, env(safe-area-inset-right));
      bottom: max(20px, env(safe-area-inset-bottom)); width: 58px; height: 58px; padding: 0; border: 0;
      border-radius: 50%; display: grid; place-items: center; cursor: pointer; background: var(--accent);
      color: var(--accent-ink); box-shadow: 0 6px 20px rgb(20 24 33 / 28%); transition: transform .15s;
    }
    .open:hover { transform: translateY(-2px); }
    .open:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    .open.news::after {
      content: ""; position: absolute; inset: 2px 2px auto auto; width: 14px; height: 14px; border-radius: 50%;
      background: #d92d20; border: 2px solid #fff; box-sizing: border-box;
    }
    iframe {
      display: block; width: 100%; height: 100%; border: 0; border-radius: inherit; background: Canvas;
      color-scheme: inherit;
    }
    .window {
      position: fixed; z-index: 2147483000; inset-inline-end: max(20px, env(safe-area-inset-right));
      bottom: calc(92px + env(safe-area-inset-bottom)); width: 392px; height: min(640px, calc(100dvh - 120px));
      border-radius: 20px; box-shadow: 0 18px 50px rgb(20 24 33 / 26%), 0 0 0 1px rgb(20 24 33 / 8%);
    }
    .start .open, .start .window { inset-inline: max(20px, env(safe-area-inset-left)) auto; }
    [hidden] { display: none !important; }
    @media ${wholeScreen.media} {
      .chat .window { inset: 0 auto auto 0; width: 100%; height: 100dvh; border-radius: 0; }
      .open[aria-expanded="true"] { display: none; }
    }
    @media (prefers-reduced-motion: reduce) { .open { transition: none; } }
  `;

  const make = (tag, className) => Object.assign(document.createElement(tag), { className });
  const host = document.createElement("deskwright-chat");
  host.dataset.bot = bot.href;
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const chat = make("div", `chat ${settings.side}`);
  chat.lang = settings.language;
  chat.dir = settings.direction;
  const button = make("button", "open");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const values = {
    viewBox: "0 0 24 24", width: 26, height: 26, fill: "none", stroke: "currentColor", "stroke-width": 1.8,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  };
  for (const [name, value] of Object.entries(values)) svg.setAttribute(name, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", "M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5Z");
  svg.append(shape);
  button.append(svg);
  chat.append(button);
  root.append(chat);

  let box = null;
  let frame = null;
  let loaded = false;

  function build() {
    box = make("div", "window");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", label);
    frame = make("iframe", "");
    frame.title = label;
    frame.src = `${bot.href}widget#${encodeURIComponent(visitor)}`;
    frame.addEventListener("load", () => {
      loaded = true;
      opened();
    });
    box.append(edge(), frame, edge());
    chat.append(box);
    fit();
  }

  // While the chat fills the screen, the keyboard does not leave it for the page that it covers.
  function edge() {
    const stop = make("div", "");
    stop.addEventListener("focus", () => frame.focus());
    return stop;
  }

  function opened() {
    if (loaded && !box.hidden) frame.contentWindow.postMessage({ deskwright: 1, action: "opened" }, home);
  }

  function open() {
    if (!box) build();
    box.hidden = false;
    button.setAttribute("aria-expanded", "true");
    news(false);
    frame.focus();
    opened();
  }

  function close() {
    if (!box || box.hidden) return;
    box.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  }

  function news(yes) {
    button.classList.toggle("news", yes);
    button.setAttribute("aria-label", yes ? `${label} (${settings.news})` : label);
  }

  // A phone's keyboard takes room from what can be seen, not from the page.
  function fit() {
    const view = window.visualViewport;
    const whole = wholeScreen.matches;
    if (!box) return;
    box.setAttribute("aria-modal", String(whole));
    for (const stop of [box.firstChild, box.lastChild]) stop.tabIndex = whole ? 0 : -1;
    box.style.height = whole && view ? `${view.height}px` : "";
    box.style.top = whole && view ? `${view.offsetTop}px` : "";
  }

  function shade() {
    const wanted = settings.scheme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : settings.scheme === "dark";
    chat.classList.toggle("dark", wanted);
  }

  news(false);
  shade();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", shade);
  wholeScreen.addEventListener("change", fit);
  window.visualViewport?.addEventListener("resize", fit);
  window.visualViewport?.addEventListener("scroll", fit);
  button.addEventListener("click", () => (box && !box.hidden ? close() : open()));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  window.addEventListener("message", (event) => {
    if (!frame || event.origin !== home || event.source !== frame.contentWindow || event.data?.deskwright !== 1) return;
    if (event.data.action === "close") close();
    if (event.data.action === "news" && box.hidden) news(true);
  });

  const attach = () => document.body.append(host);
  if (document.body) attach();
  else document.addEventListener("DOMContentLoaded", attach);
  Object.assign(host, { open, close });
})();
