// Package messages is the record of a test's messages: what was sent, when, and
// what became of it. It is written to messages.jsonl.gz in a test's store folder.
//
// # The file
//
// messages.jsonl.gz is a gzip stream of JSON objects, one a line, in the order in
// which the messages' fates were settled. Each object has these members:
//
//	id       number   counts messages from 0 in the order they were sent
//	src      string   who sent it: a node, a client (c1, c2...) or a service
//	dest     string   to whom
//	type     string   the body's type, "" if it has none
//	sent     number   when it was sent, in nanoseconds since all nodes were up; below 0 before that
//	settled  number   when its fate was settled: delivered, or found undeliverable
//	size     number   length of the body in bytes
//	fate     string   delivered, lost, cut, dead, nobody or unsettled; see [Fate]
//	why      string   the reason in words; absent if it was delivered
//	body     any      the body as JSON, if it is at most [BodyLimit] bytes of valid JSON
//	head     string   else the first [HeadLimit] bytes of the body as text
//
// The zero of the times is the history's and the report's: when all nodes had answered init. In a
// test that has not come so far it is when squall began to start the nodes.
//
// A file may have neither body nor head in its later lines: past [BodyBudget] bytes
// of output a [Writer] leaves both out, so that a chatty test cannot fill the disk.
//
// For example, with jq:
//
//	gzip -dc store/latest/messages.jsonl.gz | jq -c 'select(.fate != "delivered") | {sent, src, dest, why}'
package messages
