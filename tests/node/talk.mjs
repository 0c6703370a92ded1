// How a program here and its test talk: JSON, a value a line. Its first argument is what it is given.
import { createInterface } from "node:readline";

export const given = JSON.parse(process.argv[2]);
export const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const ask = async (value) => {
  say(value);
  return JSON.parse((await lines.next()).value);
};
export const end = () => process.stdin.destroy();

const machineTime = Date.now; // the clock of the tests runs ahead of the machine's
let aheadSeconds = given.ahead ?? 0;
Date.now = () => machineTime() + aheadSeconds * 1000;

// Nobody waits for seconds to pass: the test lets them pass that openid-client wants to wait.
const machineTimeout = globalThis.setTimeout;
export const letTheTestWait = () => {
  globalThis.setTimeout = (then, milliseconds, ...more) => {
    if (!new Error().stack.includes("openid-client")) return machineTimeout(then, milliseconds, ...more);
    ask({ wait: milliseconds / 1000 }).then(() => {
      aheadSeconds += milliseconds / 1000;
      then();
    });
  };
};
