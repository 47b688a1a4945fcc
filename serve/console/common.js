// What the pages of the console share: their elements, the key they were given, and calls of the server.
// Text from anywhere becomes DOM text, never markup.
"use strict";

const get = (id) => document.getElementById(id);
// Where the bot is: one server may have several, each below a path of its own, and they share what a browser keeps.
const HOME = new URL("..", document.currentScript.src);
const KEY = `deskwright.reviewer ${HOME.pathname}`;
const WHO = { user: "Customer", assistant: "Bot", human: "Colleague" };

let key = "";

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function remember(value) {
  key = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch { /* a browser without storage asks for the key again */ }
}

function remembered() {
  const named = new URLSearchParams(location.hash.slice(1)).get("key");
  if (named) {
    history.replaceState(null, "", location.pathname);
    return named;
  }
  try {
    return sessionStorage.getItem(KEY) || "";
  } catch {
    return "";
  }
}

async function call(path, body) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const options = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  const response = await fetch(new URL(`console/api/${path}`, HOME), options);
  const data = await response.json().catch(() => ({}));
  if (response.ok) return data;
  const error = new Error(data.error ? data.error.message : "The server did not answer. Try again.");
  error.status = response.status;
  throw error;
}
