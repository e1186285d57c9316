// node node-redis.js PROTOCOL PASSWORD ADDRESS OTHER: node-redis talks to two members of a cluster.
import assert from "node:assert/strict";
import { createClient } from "redis";
import { refused, until } from "./common.js";

const [protocol, password, ...addresses] = process.argv.slice(2);
const [client, other] = addresses.map((address) =>
  createClient({ url: `redis://:${password}@${address}`, RESP: Number(protocol), name: "ordeal" }),
);
for (const c of [client, other]) {
  c.on("error", (e) => { throw e; });
  await c.connect();
}

// Subscriptions at one member tell of what was added at the other.
const heard = new Set();
const patterns = new Set();
const subscriber = other.duplicate();
subscriber.on("error", (e) => { throw e; });
await subscriber.connect();
await subscriber.subscribe("__element@0__:s", (element) => heard.add(element));
await subscriber.pSubscribe("__keyspace@0__:*", (event, channel) => patterns.add(`${channel} ${event}`));

assert.equal(await client.ping(), "PONG");
assert.equal(await client.clientGetName(), "ordeal");
assert.equal(await client.sAdd("s", ["a", "b", "a"]), 2);
assert.equal(await client.sAdd("s", Buffer.from([0, 255, 13, 10])), 1);
assert.equal(await client.incrBy("n", 5), 5);
assert.equal(await client.decr("n"), 4);
assert.equal(await client.wait(1, 0), 1);

assert.equal(await other.sCard("s"), 3);
assert.deepEqual(await other.smIsMember("s", ["a", "x"]), [1, 0]);
assert.equal(await other.get("n"), "4");
assert.deepEqual(await other.mGet(["n", "none"]), ["4", null]);
assert.equal(await other.type("s"), "set");
assert.deepEqual({ ...(await other.configGet("save")) }, { save: "" });
await until(() => heard.size === 3 && patterns.has("__keyspace@0__:s sadd") && patterns.has("__keyspace@0__:n incrby"));
assert.ok(heard.has("a") && heard.has("b"));

// What is sent without waiting is one pipeline.
const added = await Promise.all(Array.from({ length: 10_000 }, (_, i) => client.sAdd("large", `element${i % 5000}`)));
assert.equal(added.reduce((sum, n) => sum + n), 5000);
const walked = new Set();
for await (const part of client.sScanIterator("large", { COUNT: 100 })) {
  for (const element of part) walked.add(element);
}
assert.equal(walked.size, 5000);
assert.equal((await client.sMembers("large")).length, 5000);

// Nothing is removed.
await refused(client.del("s"), /only grows/);
await refused(client.set("n", "1"), /only grows/);
await refused(client.sRem("s", "a"), /only grows/);
await refused(client.incr("s"), /WRONGTYPE/);
assert.match(await client.info("server"), /redis_version:7/);

await subscriber.unsubscribe("__element@0__:s");
await subscriber.pUnsubscribe("__keyspace@0__:*");
assert.equal(String(await subscriber.ping()), "PONG"); // node-redis answers bytes here in RESP2, from Redis too
for (const c of [client, other, subscriber]) await c.close();
console.log("ok");
