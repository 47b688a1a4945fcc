// Puts a chat button on a web page: <script src="https://bot.example.com/widget.js" async></script>
// The chat itself runs in a frame of its own origin. `data-label` on the script tag names the button.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || document.querySelector("deskwright-chat")) return;
  const home = new URL(script.src).origin;
  const label = script.dataset.label || "Chat with support";

  const STYLE = `
    :host { all: initial; }
    button {
      position: fixed; z-index: 2147483000; right: max(20px, env(safe-area-inset-right));
      bottom: max(20px, env(safe-area-inset-bottom)); width: 58px; height: 58px; border: 0; border-radius: 50%;
      display: grid; place-items: center; cursor: pointer; background: #2f5bea; color: #fff;
      box-shadow: 0 6px 20px rgb(20 24 33 / 28%); transition: transform .15s;
    }
    button:hover { transform: translateY(-2px); }
    button:focus-visible { outline: 3px solid #9db4ff; outline-offset: 3px; }
    iframe {
      position: fixed; z-index: 2147483000; right: max(20px, env(safe-area-inset-right));
      bottom: calc(92px + env(safe-area-inset-bottom)); width: 392px; height: min(640px, calc(100dvh - 120px));
      border: 0; border-radius: 20px; background: Canvas; color-scheme: light dark;
      box-shadow: 0 18px 50px rgb(20 24 33 / 26%), 0 0 0 1px rgb(20 24 33 / 8%);
    }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: 100dvh; border-radius: 0; }
      button[aria-expanded="true"] { display: none; }
    }
    @media (prefers-color-scheme: dark) { button { background: #6d8dff; color: #0d1120; } }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }
  `;

  const host = document.createElement("deskwright-chat");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-expanded", "false");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const settings = {
    viewBox: "0 0 24 24", width: 26, height: 26, fill: "none", stroke: "currentColor", "stroke-width": 1.8,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  };
  for (const [name, value] of Object.entries(settings)) svg.setAttribute(name, value);
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", "M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5Z");
  svg.append(shape);
  button.append(svg);
  root.append(button);

  let frame = null;

  function open() {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.title = label;
      frame.src = `${home}/widget`;
      root.append(frame);
    }
    frame.hidden = false;
    button.setAttribute("aria-expanded", "true");
    frame.focus();
  }

  function close() {
    if (!frame || frame.hidden) return;
    frame.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.focus();
  }

  button.addEventListener("click", () => (frame && !frame.hidden ? close() : open()));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  window.addEventListener("message", (event) => {
    if (!frame || event.origin !== home || event.source !== frame.contentWindow) return;
    if (event.data && event.data.deskwright === 1 && event.data.action === "close") close();
  });

  const attach = () => document.body.append(host);
  if (document.body) attach();
  else document.addEventListener("DOMContentLoaded", attach);
})();
