package ordeal

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// said is how often a member's processes have logged one message.
type said struct {
	member, level, message string
	lines                  int // with those that the log has left out
}

// logged is a line of the log as text.
var logged = regexp.MustCompile(`^time=\S+ level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+)(?:.* unlogged=(\d+))?`)

// logs returns what the members have logged, the most frequent first, and the lines that are none of the log's.
func (c *cluster) logs() (all []said, strange []string) {
	c.t.Helper()
	for _, m := range c.members {
		text, err := os.ReadFile(m.log.Name())
		if err != nil {
			c.t.Fatal(err)
		}
		counts := map[said]int{}
		for line := range strings.Lines(string(text)) {
			parts := logged.FindStringSubmatch(line)
			if parts == nil {
				strange = append(strange, m.name+": "+strings.TrimSpace(line))
				continue
			}
			unlogged, _ := strconv.Atoi(parts[3]) // "" is none
			counts[said{member: m.name, level: parts[1], message: strings.Trim(parts[2], `"`)}] += 1 + unlogged
		}
		for s, lines := range counts {
			s.lines = lines
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b said) int { return b.lines - a.lines })
	return all, strange
}

// tell returns which of some secrets the logs tell, and where.
func (c *cluster) tell(secrets map[string]string) (told []string) {
	c.t.Helper()
	for _, m := range c.members {
		text, err := os.ReadFile(m.log.Name())
		if err != nil {
			c.t.Fatal(err)
		}
		for what, secret := range secrets {
			if secret == "" || strings.Contains(string(text), secret) {
				told = append(told, fmt.Sprintf("%s of %s", what, m.name))
			}
		}
	}
	return told
}

// secrets returns what no log may have: the cluster's hash key, the certificates' keys, passwords, and what clients
// have sent.
func (k *longTrial) secrets() map[string]string {
	k.t.Helper()
	all := map[string]string{"the password": password, "a wrong password": wrongPassword}
	m := k.members[0]
	saved, err := m.host.command("cat", m.dir+"/cluster.json").Output()
	key := regexp.MustCompile(`"key":"([0-9a-f]{32})"`).FindSubmatch(saved)
	if err != nil || key == nil {
		k.t.Fatalf("the hash key is not found in %q: %v", saved, err)
	}
	all["the hash key"] = string(key[1])
	for _, m := range k.members {
		text, err := os.ReadFile(k.dir + "/certificates/" + m.name + ".key")
		if err != nil {
			k.t.Fatal(err)
		}
		all["the certificate's key of "+m.name] = strings.Split(string(text), "\n")[1]
	}
	for m, l := range k.loads {
		all["an element by way of "+m.name] = l.journals[0].client
	}
	return all
}
