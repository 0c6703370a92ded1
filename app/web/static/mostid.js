// Small comforts. Every page works without them.
"use strict";

// Texts with seconds count down; at zero they go, or say what data-countdown holds. Their place stays.
for (const text of document.querySelectorAll("[data-countdown]")) {
  const number = text.querySelector("[data-seconds]");
  const end = Date.now() + Number(number.textContent) * 1000;
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      number.textContent = String(left);
      return;
    }
    clearInterval(timer);
    if (text.dataset.countdown === "remove") text.classList.add("gone");
    else text.textContent = text.dataset.countdown;
  }, 1000);
}

// A request on the handset that came to nothing is told without a press: the page is looked at again, ever more rarely.
const waits = document.querySelector("[data-waits]");
if (waits && location.search) {
  const look = (pause) => setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (answer && answer.ok && !(await answer.text()).includes("data-waits")) location.replace(location.href);
    else if (pause < 30000) look(pause * 2);
  }, pause);
  look(1500);
}

// A number that begins with +7 is continued at its end.
for (const field of document.querySelectorAll("[data-begin]")) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.addEventListener("change", () => {
    const digits = field.value.replace(/\D/g, "");
    if (/^7[78]\d{10}$/.test(digits)) field.value = "+7 " + digits.slice(2); // pasted whole behind the +7
  });
}

// Phones that hand over a code from an SMS with our host in its last line (WebOTP): typed and sent for the person.
const code = document.getElementById("code");
if (code && "OTPCredential" in window) {
  const stop = new AbortController();
  code.form.addEventListener("submit", () => stop.abort());
  navigator.credentials.get({ otp: { transport: ["sms"] }, signal: stop.signal }).then(
    (credential) => {
      code.value = credential.code;
      code.form.requestSubmit();
    },
    () => {},
  );
}

// A second press while the answer to the first is on its way asks for nothing twice.
const PATIENCE_MS = 4000;
for (const form of document.forms) {
  let sentAt = 0;
  form.addEventListener("submit", (event) => {
    if (Date.now() - sentAt < PATIENCE_MS) event.preventDefault();
    else sentAt = Date.now();
  });
  addEventListener("pageshow", () => { sentAt = 0; });
}

// A page with somebody's data, brought back whole by the back button, is asked for anew.
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[data-personal]")) location.reload();
});
