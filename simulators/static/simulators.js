// A handset and a mailbox show by themselves what has arrived. Without this script their links do the same.
"use strict";

const EVERY_MS = 2000;

async function refresh(screen) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("screen");
  if (fresh && fresh.innerHTML !== screen.innerHTML && !screen.contains(document.activeElement)) {
    screen.replaceChildren(...fresh.childNodes);
  }
}

const screen = document.getElementById("screen");
if (screen) {
  setInterval(() => { if (!document.hidden) refresh(screen).catch(() => {}); }, EVERY_MS);
}
