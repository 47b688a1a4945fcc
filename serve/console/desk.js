// The people's desk: lists the chats that wait for a person, shows one, takes it over, replies, gives it back, closes it.
// Text from anywhere becomes DOM text, never markup.
"use strict";

const SECONDS_TO_LOOK_AGAIN = 4;
const STATES = { bot: "the bot answers", pending: "waits for a person", human: "a person has it", closed: "closed" };

let open = null;
let shown = "";
let listed = "";

async function load() {
  try {
    const { chats, bot } = await call("chats");
    get("load-fault").textContent = "";
    get("desk").hidden = false;
    list([...chats, ...bot]);
    if (open) await showOne(open);
  } catch (error) {
    get("load-fault").textContent = error.message;
  }
}

function state(chat) {
  if (chat.state !== "human" || !chat.agent) return STATES[chat.state];
  return chat.agent === me.id ? "you have it" : `${chat.agent_name || "a colleague"} has it`;
}

// What has not changed stays as it is: who goes through the list by keyboard does not lose their place.
function list(chats) {
  const now = JSON.stringify([chats, open]);
  if (now === listed) return;
  listed = now;
  const at = document.activeElement.dataset.chat;
  get("none").hidden = chats.length > 0;
  get("chats").replaceChildren(...chats.map((chat) => {
    const item = make("li");
    const button = make("button");
    button.type = "button";
    button.dataset.chat = chat.chat_id;
    button.setAttribute("aria-current", String(chat.chat_id === open));
    button.append(make("b", "", state(chat)));
    if (chat.since) button.append(make("span", "soft", `since ${new Date(chat.since).toLocaleTimeString()}`));
    button.addEventListener("click", () => choose(chat.chat_id));
    item.append(button);
    return item;
  }));
  if (at) get("chats").querySelector(`[data-chat="${CSS.escape(at)}"]`)?.focus();
}

function choose(chatId) {
  open = chatId;
  shown = "";
  get("reply").value = "";
  get("fault").textContent = "";
  load();
}

async function showOne(chatId) {
  let chat;
  try {
    chat = await call(`chats/${encodeURIComponent(chatId)}`);
  } catch (error) {
    if (error.status !== 404) throw error;
    open = null;
    get("one").hidden = true;
    return;
  }
  if (chatId !== open) return;
  get("one").hidden = false;
  get("about").textContent = state(chat) + (chat.contact ? ` - reach the customer at ${chat.contact}` : "");
  get("reply-form").hidden = chat.state !== "human";
  for (const button of get("moves").children) {
    button.hidden = !button.dataset.from.split(" ").includes(chat.state);
  }
  const now = JSON.stringify(chat.turns);
  if (now === shown) return;
  shown = now;
  get("turns").replaceChildren(...chat.turns.map((said) => {
    const turn = make("div", `turn ${said.role}`);
    turn.append(make("p", "who", WHO[said.role]), make("div", "bubble", said.content));
    return turn;
  }));
}

async function act(path, body) {
  get("fault").textContent = "";
  try {
    await call(`chats/${encodeURIComponent(open)}/${path}`, body);
    if (path === "reply") get("reply").value = "";
  } catch (error) {
    get("fault").textContent = error.message;
  }
  await load();
}

for (const button of get("moves").children) {
  button.addEventListener("click", () => act(button.dataset.move, {}));
}
get("reply-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = get("reply").value.trim();
  if (text) act("reply", { text });
});
setInterval(() => {
  if (!asking) load();
}, SECONDS_TO_LOOK_AGAIN * 1000);

load();
