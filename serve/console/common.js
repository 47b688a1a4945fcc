// What the pages of the console share: their elements, who works here, logging in and out, and calls of the server.
// Text from anywhere becomes DOM text, never markup.
"use strict";

const get = (id) => document.getElementById(id);
// Where the bot is: one server may have several, each below a path of its own, and they share what a browser keeps.
const HOME = new URL("..", document.currentScript.src);
const KEY = `deskwright.reviewer ${HOME.pathname}`;
const WHO = { user: "Customer", assistant: "Bot", human: "Colleague" };

let key = "";
let me = null;
let asking = null;

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// --- Calls ------------------------------------------------------------------------------------------------------

async function send(path, body) {
  const headers = { "Content-Type": "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  else if (me) headers["X-CSRF-Token"] = me.csrf_token;
  const options = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
  try {
    const response = await fetch(new URL(`console/api/${path}`, HOME), options);
    const data = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, data, ...data.error };
  } catch {
    return { ok: false, status: 0 };
  }
}

// Calls the server. Where the log-in has ended, the call waits until somebody has logged in, and is made again.
async function call(path, body) {
  if (!me) await identify();
  let answer = await send(path, body);
  if (answer.status === 401 || answer.code === "wrong_role" || answer.code === "wrong_csrf_token") {
    await identify();
    answer = await send(path, body);
  }
  if (answer.ok) return answer.data;
  throw failure(answer);
}

function failure(answer) {
  const error = new Error(answer.message || "The server did not answer. Try again.");
  error.status = answer.status;
  return error;
}

// --- Who works here ---------------------------------------------------------------------------------------------

function identify() {
  asking ??= ask().finally(() => { asking = null; });
  return asking;
}

async function ask() {
  for (;;) {
    const answer = await send("me");
    if (answer.ok) return welcome(answer.data);
    if (answer.status !== 401 && answer.status !== 403) throw failure(answer);
    remember("");
    await logIn(answer.code === "not_logged_in" ? "" : answer.message);
  }
}

// Somebody else begins with an empty page.
function welcome(somebody) {
  if (me && me.id !== somebody.id) return anew();
  me = somebody;
  get("who").replaceChildren(make("span", "soft", me.name || `Key ${me.id}`), LEAVE);
  get("who").hidden = false;
}

function anew() {
  for (const field of document.querySelectorAll("input, textarea")) field.value = "";
  location.replace(location.pathname);
  return new Promise(() => {});
}

async function leave() {
  const answer = key ? { ok: true } : await send("logout", {});
  if (!answer.ok && answer.status !== 401) {
    get("load-fault").textContent = `You are still logged in. ${failure(answer).message}`;
    return;
  }
  remember("");
  anew();
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

// --- The form ---------------------------------------------------------------------------------------------------

const LOGIN = make("dialog", "login");
const LEAVE = make("button", "", "Log out");

function field(id, name, settings) {
  const label = make("label", "", name);
  label.htmlFor = id;
  const input = make("input");
  Object.assign(input, { id, required: true, spellcheck: false, autocapitalize: "none", ...settings });
  return [label, input];
}

function form(id, submit, ...parts) {
  const made = make("form");
  made.id = id;
  made.append(...parts.flat(), make("button", "", submit));
  return made;
}

function buildLogin() {
  const title = make("h2", "", "Log in");
  const fault = make("p", "fault");
  const hint = make("p", "soft", "People are added with ");
  const byKey = make("details");
  title.id = "login-title";
  fault.id = "login-fault";
  fault.setAttribute("role", "alert");
  LOGIN.id = "login";
  LOGIN.setAttribute("aria-labelledby", title.id);
  hint.append(make("code", "", "deskwright people add"));
  byKey.append(
    make("summary", "", "Use a key instead"),
    form("key-form", "Use the key", field("key", "Reviewer key", { type: "password", autocomplete: "off" })),
  );
  LOGIN.append(
    title,
    fault,
    form(
      "login-form",
      "Log in",
      field("name", "Name", { autocomplete: "username" }),
      field("password", "Password", { type: "password", autocomplete: "current-password" }),
    ),
    hint,
    byKey,
  );
  LOGIN.querySelector("button").className = "primary";
  document.body.append(LOGIN);
}

// Shows the form over the page, which stays as it is, until somebody has logged in or named a key.
function logIn(message) {
  get("login-fault").textContent = message;
  if (!LOGIN.open) LOGIN.showModal();
  get(get("name").value ? "password" : "name").focus();
  return new Promise((done) => {
    const end = () => {
      get("password").value = get("key").value = "";
      LOGIN.onclose = null;
      LOGIN.close();
      done();
    };
    LOGIN.onclose = () => LOGIN.showModal();
    get("login-form").onsubmit = (event) => {
      event.preventDefault();
      tryPassword(end);
    };
    get("key-form").onsubmit = (event) => {
      event.preventDefault();
      remember(get("key").value.trim());
      end();
    };
  });
}

async function tryPassword(end) {
  const button = LOGIN.querySelector("#login-form button");
  get("login-fault").textContent = "";
  button.disabled = true;
  const answer = await send("login", { name: get("name").value, password: get("password").value });
  button.disabled = false;
  if (answer.ok) return end();
  get("login-fault").textContent = failure(answer).message;
  get("password").value = "";
  get("password").focus();
}

LEAVE.type = "button";
LEAVE.addEventListener("click", leave);
buildLogin();
remember(remembered());
