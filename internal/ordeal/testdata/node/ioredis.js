// node ioredis.js PROTOCOL PASSWORD ADDRESS OTHER: ioredis talks to two members of a cluster.
import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { refused, until } from "./common.js";

const [protocol, password, ...addresses] = process.argv.slice(2);
const [client, other, subscriber] = [...addresses, addresses[1]].map((address) => {
  const [host, port] = address.split(":");
  return new Redis({ host, port: Number(port), password, protocol: Number(protocol), connectionName: "ordeal" });
});

// Subscriptions at one member tell of what was added at the other.
const heard = new Set();
const patterns = new Set();
subscriber.on("message", (_, element) => heard.add(element));
subscriber.on("pmessage", (_, channel, event) => patterns.add(`${channel} ${event}`));
assert.equal(await subscriber.subscribe("__element@0__:s"), 1);
assert.equal(await subscriber.psubscribe("__keyspace@0__:*"), 2);

assert.equal(await client.ping(), "PONG");
assert.equal(await client.client("GETNAME"), "ordeal");
assert.equal(await client.sadd("s", "a", "b", "a"), 2);
assert.equal(await client.sadd("s", Buffer.from([0, 255, 13, 10])), 1);
assert.equal(await client.incrby("n", 5), 5);
assert.equal(await client.decr("n"), 4);
assert.equal(await client.wait(1, 0), 1);

assert.equal(await other.scard("s"), 3);
assert.deepEqual(await other.smismember("s", "a", "x"), [1, 0]);
assert.equal(await other.get("n"), "4");
assert.deepEqual(await other.mget("n", "none"), ["4", null]);
assert.ok((await other.smembersBuffer("s")).some((e) => e.equals(Buffer.from([0, 255, 13, 10]))));
await until(() => heard.size === 3 && patterns.has("__keyspace@0__:s sadd") && patterns.has("__keyspace@0__:n incrby"));
assert.ok(heard.has("a") && heard.has("b"));

// A pipeline.
const pipeline = client.pipeline();
for (let i = 0; i < 10_000; i++) pipeline.sadd("large", `element${i % 5000}`);
const replies = await pipeline.exec();
assert.equal(replies.reduce((sum, [error, n]) => { assert.equal(error, null); return sum + n; }, 0), 5000);
const walked = new Set();
for await (const part of client.sscanStream("large", { count: 100 })) {
  for (const element of part) walked.add(element);
}
assert.equal(walked.size, 5000);
assert.equal((await client.smembers("large")).length, 5000);

// Nothing is removed.
await refused(client.del("s"), /only grows/);
await refused(client.set("n", "1"), /only grows/);
await refused(client.srem("s", "a"), /only grows/);
await refused(client.incr("s"), /WRONGTYPE/);
assert.match(await client.info("server"), /redis_version:7/);

assert.equal(await subscriber.unsubscribe("__element@0__:s"), 1);
assert.equal(await subscriber.punsubscribe("__keyspace@0__:*"), 0);
assert.equal(await subscriber.ping(), "PONG");
for (const c of [client, other, subscriber]) await c.quit();
console.log("ok");
