// The page around the chat: it opens and closes the frame. What is told to it is no secret, so any page may hear it.
export const framed = window.parent !== window;

export function tell(action) {
  if (framed) window.parent.postMessage({ deskwright: 1, action }, "*");
}

export function onOpened(act) {
  window.addEventListener("message", (event) => {
    const opened = event.data?.deskwright === 1 && event.data.action === "opened";
    if (framed && event.source === window.parent && opened) act();
  });
}
