package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The unit in deploy/ runs as the user that docs/OPERATING.md makes, on files that it puts in their places, and what
// the unit says of renewals is what the guide says.
func TestTheUnitIsTheOneThatTheGuideSetsUp(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	unit, guide := read("../../deploy/gsetd.service"), read("../../docs/OPERATING.md")
	setting := func(name string) string {
		m := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindStringSubmatch(unit)
		if m == nil {
			t.Fatalf("the unit has no %s=", name)
		}
		return m[1]
	}
	user := setting("User")
	command := strings.Fields(setting("ExecStart"))
	for _, line := range []string{
		"    useradd --system --user-group --no-create-home --home-dir /var/lib/" + setting("StateDirectory") + " --shell /usr/sbin/nologin " + user + "\n",
		"    install -m 0755 gsetd " + command[0] + "\n",
		"    install -o " + user + " -g " + setting("Group") + " -m 0400 n1.key users /etc/gsetd\n",
		"    install -m 0644 ca.pem n1.pem gsetd.yaml /etc/gsetd\n",
	} {
		if !strings.Contains(guide, line) {
			t.Errorf("docs/OPERATING.md lacks %q", line)
		}
	}
	if want := "serve --config /etc/gsetd/gsetd.yaml --dir /var/lib/gsetd"; strings.Join(command[1:], " ") != want {
		t.Errorf("the unit runs %q", command)
	}
	for _, word := range []string{"DynamicUser", "LoadCredential", "restart the unit, or"} {
		if strings.Contains(unit, word) {
			t.Errorf("the unit has %s, so keys are not read again where they are renewed", word)
		}
	}
}

// The commands of docs/OPERATING.md that ask a running node are told how to be let in.
func TestTheGuideAsksNodesWithCredentials(t *testing.T) {
	text, err := os.ReadFile("../../docs/OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^    gsetd (?:diff|bench) .*:\d+.*$`).FindAllString(string(text), -1)
	if len(lines) != 2 {
		t.Errorf("%q", lines)
	}
	for _, line := range lines {
		for _, flag := range []string{"--ca ca.pem", "--user app", "--password-file app.password"} {
			if !strings.Contains(line, flag) {
				t.Errorf("%q lacks %s", line, flag)
			}
		}
	}
}
