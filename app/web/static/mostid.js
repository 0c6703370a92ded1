// Small comforts. Every page works without them.
"use strict";

// Texts with seconds count down; at zero they go, or say what data-countdown holds.
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
    text.textContent = text.dataset.countdown === "remove" ? "\u00a0" : text.dataset.countdown;
  }, 1000);
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

// Phones that hand over a code from an SMS with our host in its last line (WebOTP).
const code = document.getElementById("code");
if (code && "OTPCredential" in window) {
  const stop = new AbortController();
  code.form.addEventListener("submit", () => stop.abort());
  navigator.credentials.get({ otp: { transport: ["sms"] }, signal: stop.signal }).then(
    (credential) => { code.value = credential.code; },
    () => {},
  );
}
