package replica

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestEveryRuleIsNamedInItsFile looks up each rule that the package comment names with its file, such as (*spare*, scatter.go):
// that file names it, too.
func TestEveryRuleIsNamedInItsFile(t *testing.T) {
	manual, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(manual), "\n//", "")
	rules := 0
	for _, group := range regexp.MustCompile(`\([^()]*\.go[^()]*\)`).FindAllString(text, -1) {
		for part := range strings.SplitSeq(group, ";") {
			files := regexp.MustCompile(`[a-z]+\.go`).FindAllString(part, -1)
			for _, rule := range regexp.MustCompile(`\*[^*]+\*`).FindAllString(part, -1) {
				if rules++; !namedIn(t, rule, files) {
					t.Errorf("none of %v names the rule %s", files, rule)
				}
			}
		}
	}
	if rules < 20 {
		t.Errorf("the package comment names %d rules with their files", rules)
	}
}

func namedIn(t *testing.T, rule string, files []string) bool {
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ReplaceAll(string(source), "\n//", ""), rule) {
			return true
		}
	}
	return false
}
