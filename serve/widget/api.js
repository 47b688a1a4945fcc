// The server: sessions, requests, and the events of an answer as they come in.
import { texts } from "./dom.js";
import { keep, kept } from "./memory.js";

const KNOWN = { busy: texts.busy, context_length_exceeded: texts.too_long };

// The server said no. `words` are for the customer: the server's own if the page is in its language.
export class Refused extends Error {
  constructor(status, { code, message } = {}) {
    super(message || texts.failed);
    this.status = status;
    const english = document.documentElement.lang.startsWith("en");
    this.words = KNOWN[code] || (english && message) || texts.failed;
  }
}

// The server could not be reached.
export class Unreachable extends Error {}

// `renew` begins a new chat where the old one's session has ended.
export async function request(method, path, { body, signal, renew } = {}) {
  if (!kept.token) await begin(signal);
  let response = await plain(method, path, body, signal);
  if (response.status === 401 && renew) {
    await begin(signal);
    response = await plain(method, path, body, signal);
  }
  return accepted(response);
}

async function begin(signal) {
  keep({ token: null });
  const response = await accepted(await plain("POST", "session", {}, signal));
  keep({ token: (await response.json()).token });
}

async function plain(method, path, body, signal) {
  // Browsers leave `Origin` out of a GET to the page's own server, and the session is bound to it.
  const headers = { "Content-Type": "application/json", "X-Origin": location.origin };
  if (kept.token) headers.Authorization = `Bearer ${kept.token}`;
  try {
    return await fetch(new URL(`api/${path}`, import.meta.url), { method, headers, body: body && JSON.stringify(body), signal });
  } catch (error) {
    throw error instanceof TypeError ? new Unreachable() : error;
  }
}

async function accepted(response) {
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  throw new Refused(response.status, said?.error ?? {});
}

// The events of an answer; ends with the event `end`, and throws where the stream breaks off before.
export async function* answer(message, signal) {
  const response = await request("POST", "chat", { body: { message }, signal, renew: true });
  for await (const event of events(response)) {
    if (event.type === "error") throw new Refused(500, event);
    yield event;
    if (event.type === "end") return;
  }
  throw new Error("the stream broke off");
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (held + value).split(/\r?\n\r?\n/);
    held = parts.pop();
    for (const part of parts) {
      const data = part.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}
