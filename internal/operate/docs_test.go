package operate_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every metric that docs/OPERATING.md names is one that is served.
func TestAlertsAreOfMetricsThatThereAre(t *testing.T) {
	text, err := os.ReadFile("../../docs/OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("families.go")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`gset_[a-z_]+`).FindAllString(string(text), -1)
	if len(names) < 20 {
		t.Errorf("%d names", len(names))
	}
	for _, name := range names {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "gset_"), "_bucket")
		if !strings.Contains(string(source), `{"`+name+`",`) {
			t.Errorf("there is no gset_%s", name)
		}
	}
}
