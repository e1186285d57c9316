// Package gsetd serves the sets and counters of a replica to Redis clients.
//
// # How to use it
//
//	config := cluster.Config{Alone: true, Dir: "/var/lib/gset"} // or a member of a cluster
//	var node *gsetd.Clustered
//	open := gsetd.OpenCluster(config, false, func(n *gsetd.Clustered) { node = n })
//	server, err := gsetd.New(gsetd.Config{Open: open, MaxMemory: 1 << 30})
//	err = server.Serve(listener)
//	err = server.Run() // until server.Stop()
//	err = node.Close()
//
// A Server runs all commands in one goroutine (package loop) on the state of a [Node]. The table of
// commands says of each its arity, its flags, where names of collections are in its arguments, and
// the function that executes it.
//
// # What clients may rely on
//
//   - The reply to SADD, INCR, INCRBY, DECR and DECRBY comes when the node's Commit has succeeded:
//     of a node that is durable Always, nothing that was acknowledged is lost.
//   - A reply of MISCONF to one of these says that its update is not on disk. The node has dropped it, and refuses
//     the updates of the turn after it; then it tries again. Reads go on meanwhile.
//   - A reply of READONLY says that the member leaves its cluster and that the update was not made: another member makes it.
//     Clients of Redis take the word for a reason to connect elsewhere.
//   - Above the memory limit commands that add are refused with OOM, and all others go on. What
//     other members send is taken: a state that refuses to grow would no longer converge.
//   - While a node is Loading, because its disk was damaged, commands about data answer LOADING.
//
// # Where replies differ from Redis'
//
// For what is supported, replies are those of Redis 7.0, which tests compare byte by byte. These
// differences are meant:
//
//   - Commands that remove or overwrite are errors of one text, whatever the collection is.
//
//   - A counter is there once something was added to it: INCRBY name 0 makes none.
//
//   - The value of a counter, the sum of what all members have added, may exceed an int64. GET
//     answers it in full. INCR and its like answer Redis' error if the new value is beyond an int64.
//
//   - What one incarnation of a member adds to a counter is a sum below 2^64, and so is what it takes
//     away. What would exceed it is Redis' overflow error, whatever the value is.
//
//   - There is one database, 0.
//
//   - Users have rights to read and to write collections by their names' prefixes, and the right admin
//     (package acl). A command is refused with NOPERM as in Redis. KEYS, SCAN and PUBSUB CHANNELS show what
//     the user may read; PSUBSCRIBE takes any pattern, and tells of what the user may read; DBSIZE needs
//     the right to read everything. INCR and its like answer the value, and need the right to read, too;
//     SADD needs the right to write alone. INFO is for every user. ACL has LIST, USERS and WHOAMI.
//     A client that gives ten wrong passwords is disconnected.
//
//   - A step of SCAN or SSCAN looks at 10,000 names or elements at most, whatever COUNT is.
//
//   - SRANDMEMBER draws at about even chances, and at most 2^20 elements that may repeat.
//
//   - A name has at most crdt.MaxName bytes, and with an element at most crdt.MaxMember. A client has at
//     most 10,000 subscriptions, and channels of 2 KiB.
//
//   - Two members may make a set and a counter of one name at the same time. Then the name is that of a set,
//     here and in all replies.
//
//   - WAIT counts other members that are known to hold all that was committed here before it.
//
//   - BGSAVE writes the backup to the file that the operator has chosen, and answers an error if there
//     is none.
//
// # Memory
//
// A state is a few large pieces of memory without pointers. To go through them costs Go's collector next to
// nothing, so a server that is Lean has it run often: garbage is 8% of what is alive, and 3 MiB at
// least, where Go's default is as much as is alive. A state with many pointers, such as one of many names,
// makes collections dear; while they take more than 6% of the CPU time, more garbage is left, up to Go's
// default. GOGC in the environment overrules it. Resident bytes and CPU microseconds for an element of 15
// bytes, beside what the process takes without any, 4 MB and 12 MB of its program's pages:
//
//	                     1,000,000 elements       10,000,000
//	a member             42 bytes   2.9 us        37 bytes   3.9 us
//	  with GOGC=25       45         2.8
//	  with GOGC=100      63         2.6
//	redis-server         82         2.0           86         2.4
//
// A test prints them:
//
//	go test ./cmd/gsetd -run TestResidentMemory -v -full -elements 1000000,10000000
//	GOGC=100 go test ./cmd/gsetd -run TestResidentMemory -v -full -elements 1000000
//
// # Channels
//
// SUBSCRIBE and PSUBSCRIBE tell of what is new in the state, from clients of this node once it is
// committed, and from other members when they have sent it:
//
//	__keyspace@0__:NAME   sadd or incrby, once for each commit that has something new
//	__keyevent@0__:sadd   the name of the set
//	__keyevent@0__:incrby the name of the counter
//	__element@0__:NAME    each new element of the set
//
// The first three are Redis' keyspace notifications. A subscriber that does not read is disconnected;
// what was told meanwhile is not told again.
package gsetd
