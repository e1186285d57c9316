#!/usr/bin/env python3
"""A broadcast node that floods each value once, and never again: what a partition cuts is lost.

README.md shows what squall says of it.
"""
import json
import sys

me, neighbours, seen = None, [], set()


def send(dest, body):
    print(json.dumps({"src": me, "dest": dest, "body": body}), flush=True)


def learn(value, source):
    if value in seen:
        return
    seen.add(value)
    for neighbour in neighbours:
        if neighbour != source:
            send(neighbour, {"type": "gossip", "message": value})


for line in sys.stdin:
    message = json.loads(line)
    source, body = message["src"], message["body"]
    kind, reply = body["type"], {"type": body["type"] + "_ok", "in_reply_to": body.get("msg_id")}
    if kind == "gossip":
        learn(body["message"], source)
        continue
    if kind == "init":
        me = body["node_id"]
    elif kind == "topology":
        neighbours = body["topology"][me]
    elif kind == "broadcast":
        learn(body["message"], source)
    elif kind == "read":
        reply["messages"] = list(seen)
    send(source, reply)
