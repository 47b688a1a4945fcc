// What is kept while the tab is open, so that the chat goes on when the customer opens another page. Where the browser
// allows no storage, it lasts as long as the page. Another visitor (data-visitor of the script tag) finds nothing.
// Bots of one server share what a browser keeps: each has a name of its own for it.
const NAME = `deskwright ${new URL("..", import.meta.url).pathname}`;
const LASTS = 2 * 3600 * 1000;
const visitor = location.hash;

export const kept = read();

function read() {
  try {
    const found = JSON.parse(sessionStorage.getItem(NAME));
    if (found && found.visitor === visitor && found.until > Date.now()) return found;
    sessionStorage.removeItem(NAME);
  } catch {
    // No storage, or nothing of ours in it.
  }
  return {};
}

export function keep(what) {
  Object.assign(kept, what, { visitor, until: Date.now() + LASTS });
  try {
    sessionStorage.setItem(NAME, JSON.stringify(kept));
  } catch {
    // No storage: it stays in memory.
  }
}

export function forget() {
  for (const name of Object.keys(kept)) delete kept[name];
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // No storage.
  }
}
