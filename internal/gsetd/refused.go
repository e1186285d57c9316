package gsetd

import "strings"

// refusedTable has the commands of Redis that remove or overwrite, with Redis' arities.
func refusedTable() []command {
	var table []command
	for _, c := range []struct {
		name  string
		arity int
		keys  keys
	}{
		{"append", 3, oneKey}, {"copy", -3, keys{1, 2, 1}}, {"del", -2, allKeys}, {"expire", -3, oneKey},
		{"expireat", -3, oneKey}, {"flushall", -1, noKeys}, {"flushdb", -1, noKeys}, {"getdel", 2, oneKey},
		{"getex", -2, oneKey}, {"getset", 3, oneKey}, {"incrbyfloat", 3, oneKey}, {"move", 3, oneKey},
		{"mset", -3, keys{1, -1, 2}}, {"msetnx", -3, keys{1, -1, 2}}, {"persist", 2, oneKey}, {"pexpire", -3, oneKey},
		{"pexpireat", -3, oneKey}, {"psetex", 4, oneKey}, {"rename", 3, keys{1, 2, 1}}, {"renamenx", 3, keys{1, 2, 1}},
		{"restore", -4, oneKey}, {"sdiffstore", -3, allKeys}, {"set", -3, oneKey}, {"setbit", 4, oneKey},
		{"setex", 4, oneKey}, {"setnx", 3, oneKey}, {"setrange", 4, oneKey}, {"sinterstore", -3, allKeys},
		{"smove", 4, keys{1, 2, 1}}, {"spop", -2, oneKey}, {"srem", -3, oneKey}, {"sunionstore", -3, allKeys},
		{"swapdb", 3, noKeys}, {"unlink", -2, allKeys},
	} {
		table = append(table, command{c.name, c.arity, write, c.keys, "refused", "Refused: nothing can be removed or overwritten.", refuse})
	}
	return table
}

func refuse(_ *Server, c *client, args [][]byte) {
	c.err(strings.ToUpper(string(args[0])) + " is refused: the data only grows. Sets take SADD, and counters INCR, INCRBY, DECR and DECRBY; nothing can be removed or overwritten")
}
