package gsetd

import "strings"

// addHelp gives a container the subcommand HELP, which lists the others.
func (e *entry) addHelp() {
	e.subs["help"] = &entry{command: command{
		name: e.name + "|help", arity: 2, flags: loading | stale, group: e.group, about: "Lists the subcommands.",
		run: func(_ *Server, c *client, _ [][]byte) {
			subs := e.list()
			c.w.Array(1 + 2*len(subs))
			c.w.Simple(strings.ToUpper(e.name) + " <subcommand> [<arg> ...]. Subcommands are:")
			for _, sub := range subs {
				_, name, _ := strings.Cut(sub.name, "|")
				c.w.Simple(strings.ToUpper(name))
				c.w.Simple("    " + sub.about)
			}
		},
	}}
}
