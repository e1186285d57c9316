import assert from "node:assert/strict";

// refused waits for a command to fail with an error of this text.
export async function refused(command, text) {
  await assert.rejects(command, (e) => text.test(e.message));
}

// until waits for what an event of the event loop makes true. The test that runs the script has the deadline.
export async function until(done) {
  while (!done()) await new Promise((next) => setImmediate(next));
}
